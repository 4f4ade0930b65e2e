# What tells emergence from its look-alikes. No rule here is an input of audio: a control turned on makes no audio stale. Where
# embeddings are given there is nothing to hear, and the controls that need audio or a model are left out.
rule measure_acoustics:
    input:
        measured_folders,
        clips=measured_manifests,
    output:
        "<results>/acoustics/parts/audio_{part}.parquet",
    log:
        "<logs>/measure_acoustics/part_{part}.log",
    benchmark:
        "<benchmarks>/measure_acoustics/part_{part}.tsv"
    priority: 1  # as embed_audio
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        **program("measure_acoustics"),
        corpus="audio",
    shell:
        "python {params.script:q} --corpus {params.corpus} --inputs {input.clips:q} --output {output:q} 2> {log:q}"


use rule measure_acoustics as measure_note_acoustics with:
    input:
        clips=measured_notes,
    output:
        "<results>/acoustics/parts/notes_{part}.parquet",
    log:
        "<logs>/measure_note_acoustics/part_{part}.log",
    benchmark:
        "<benchmarks>/measure_note_acoustics/part_{part}.tsv"
    params:
        **program("measure_acoustics"),
        corpus="notes",


rule collect_acoustics:
    input:
        collect("<results>/acoustics/parts/audio_{part}.parquet", part=parts_of(RUN.shards, SHARDS_MEASURED)),
    output:
        "<results>/acoustics/audio.parquet",
    log:
        "<logs>/collect_acoustics.log",
    benchmark:
        "<benchmarks>/collect_acoustics.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("collect_acoustics"),
        corpus="audio",
    shell:
        "python {params.script:q} --corpus {params.corpus} --parts {input:q} --output {output:q} 2> {log:q}"


use rule collect_acoustics as collect_note_acoustics with:
    input:
        collect("<results>/acoustics/parts/notes_{part}.parquet", part=parts_of(RUN.note_shards, NOTE_SHARDS_MEASURED)),
    output:
        "<results>/acoustics/notes.parquet",
    log:
        "<logs>/collect_note_acoustics.log",
    benchmark:
        "<benchmarks>/collect_note_acoustics.tsv"
    params:
        **program("collect_acoustics"),
        corpus="notes",


# All aspects of the vocabulary, whatever the concepts make of them: an edited concept costs no model.
rule embed_texts:
    input:
        embedder_ready,
    output:
        heard("embeddings/texts.parquet"),
    log:
        heard("embed_texts.log", "<logs>"),
    benchmark:
        heard("embed_texts.tsv", "<benchmarks>")
    conda:
        environment_of_embedder
    resources:
        mem_mb=8000,
        runtime=30,
        device=config["device"],
    params:
        **program("embed_texts"),
        **EMBEDDER,
    shell:
        "python {params.script:q} --family {params.family:q} --model {params.model:q} --digest {params.clap.value:q}"
        " --device {resources.device} --output {output:q} 2> {log:q}"


# The same noise without the prompt: guidance 0 is the model without condition. The noisy signal at step 0 is the sampler's noise
# and nothing else: decoded, it is the control of a probe that hears a concept in noise.
if RUN.unconditional:

    use rule generate_audio as generate_unconditional with:
        input:
            GENERATOR_READY,
            prompts="<results>/prompts/batch_0000.jsonl",
        output:
            manifest="<results>/unconditional/shard_0000.json",
            tars=[
                f"<results>/unconditional/{signal}/step_{step}/shard_0000.tar"
                for signal, step in RUN.unconditional_levels
            ],
            unheard=[],
            latents=[],
            information=[],
        log:
            "<logs>/generate_unconditional.log",
        benchmark:
            "<benchmarks>/generate_unconditional.tsv"
        params:
            **program("generate_audio"),
            **GENERATOR,
            first=0,
            last=RUN.unconditional - 1,
            kept="",
            samples=1,
            sampling=RUN.sampling(guidance=0, guidance_rescale=0, guidance_sigma_min=0, guidance_sigma_max=None),

    # The tar files are inputs so that a step added to the configuration is generated before it is embedded.
    use rule embed_audio as embed_unconditional with:
        input:
            embedder_ready,
            rules.generate_unconditional.output.tars,
            clips="<results>/unconditional/shard_0000.json",
            scaling=scaling_of_embedder,
        output:
            heard("embeddings/unconditional.parquet"),
        log:
            heard("embed_unconditional.log", "<logs>"),
        benchmark:
            heard("embed_unconditional.tsv", "<benchmarks>")


rule measure_controls:
    input:
        **RUN.controlled,
        texts=texts_of_embedder,
        scores=heard("concepts/{concept}/scores_{classifier}.parquet", classifier=CLASSIFIERS),
        embeddings=embeddings_of(RUN.scored_signals),
        annotations="<results>/prompts/annotations.parquet",
        dataset="<results>/concepts/{concept}/dataset.parquet",
        probes=heard("concepts/{concept}/{classifier}.skops", classifier=CLASSIFIERS),
    output:
        controls=heard("concepts/{concept}/controls.parquet"),
        content=heard("concepts/{concept}/content.parquet"),
        summary=heard("concepts/{concept}/controls.json"),
    log:
        heard("measure_controls/{concept}.log", "<logs>"),
    benchmark:
        heard("measure_controls/{concept}.tsv", "<benchmarks>")
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **program("measure_controls"),
        concepts=RUN.concepts_file,
        concept=digest_of_concept,
        scores=scores_by_classifier,
        classifiers=RUN.classifier_addresses,
        resamples=config["statistics"]["resamples"],
        permutations=config["statistics"]["permutations"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --concepts {params.concepts:q} --concept {wildcards.concept:q}"
        " --scores {params.scores:q} --embeddings {input.embeddings:q} --texts {input.texts:q} --dataset {input.dataset:q}"
        " --annotations {input.annotations:q}"
        " --acoustics {input.acoustics:q} --note-acoustics {input.note_acoustics:q}"
        " --resamples {params.resamples} --permutations {params.permutations} --seed {params.seed}"
        " --probes {input.probes:q} --classifiers {params.classifiers:q} --unconditional {input.unconditional:q}"
        " --controls {output.controls:q} --content {output.content:q} --summary {output.summary:q} 2> {log:q}"
