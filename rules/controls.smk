# What tells emergence from its look-alikes. No rule here is an input of audio: a control turned on makes no audio stale. Where
# embeddings are given there is nothing to hear, and the controls that need audio or a model are left out.
rule measure_acoustics:
    input:
        UNHEARD,
        clips="<results>/audio/shard_{shard}.json",
    output:
        "<results>/acoustics/shards/audio_{shard}.parquet",
    log:
        "<logs>/measure_acoustics/shard_{shard}.log",
    benchmark:
        "<benchmarks>/measure_acoustics/shard_{shard}.tsv"
    priority: 1  # as embed_audio
    conda:
        "../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_of("measure_acoustics"),
        corpus="audio",
    shell:
        "python scripts/measure_acoustics.py --corpus {params.corpus} --input {input.clips:q} --output {output:q} 2> {log:q}"


use rule measure_acoustics as measure_note_acoustics with:
    input:
        clips="<results>/notes/shard_{shard}.tar",
    output:
        "<results>/acoustics/shards/notes_{shard}.parquet",
    log:
        "<logs>/measure_note_acoustics/shard_{shard}.log",
    benchmark:
        "<benchmarks>/measure_note_acoustics/shard_{shard}.tsv"
    params:
        code=code_of("measure_acoustics"),
        corpus="notes",


rule collect_acoustics:
    input:
        collect("<results>/acoustics/shards/audio_{shard}.parquet", shard=SHARDS),
    output:
        "<results>/acoustics/audio.parquet",
    log:
        "<logs>/collect_acoustics.log",
    benchmark:
        "<benchmarks>/collect_acoustics.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=code_of("collect_acoustics"),
        corpus="audio",
    shell:
        "python scripts/collect_acoustics.py --corpus {params.corpus} --parts {input:q} --output {output:q} 2> {log:q}"


use rule collect_acoustics as collect_note_acoustics with:
    input:
        collect("<results>/acoustics/shards/notes_{shard}.parquet", shard=NOTE_SHARDS),
    output:
        "<results>/acoustics/notes.parquet",
    log:
        "<logs>/collect_note_acoustics.log",
    benchmark:
        "<benchmarks>/collect_note_acoustics.tsv"
    params:
        code=code_of("collect_acoustics"),
        corpus="notes",


# All aspects of the vocabulary, whatever the concepts make of them: an edited concept costs no model.
rule embed_texts:
    input:
        DOWNLOADED,
    output:
        "<results>/embeddings/texts.parquet",
    log:
        "<logs>/embed_texts.log",
    benchmark:
        "<benchmarks>/embed_texts.tsv"
    conda:
        "../envs/clap.yaml"
    resources:
        mem_mb=8000,
        runtime=30,
        device=config["device"],
    params:
        code=code_of("embed_texts"),
        model=config["models"]["clap"],
        digest=digest_of_model(config["models"]["clap"]),
        family=EMBEDDER_FAMILY,
        embedder_code=EMBEDDER_CODE,
    shell:
        "python scripts/embed_texts.py --family {params.family:q} --model {params.model:q} --digest {params.digest:q}"
        " --device {resources.device} --output {output:q} 2> {log:q}"


# The same noise without the prompt: guidance 0 is the model without condition. The noisy signal at step 0 is the sampler's noise
# and nothing else: decoded, it is the control of a probe that hears a concept in noise.
if UNCONDITIONAL:

    use rule generate_audio as generate_unconditional with:
        input:
            DOWNLOADED,
            prompts="<results>/prompts/batch_0000.jsonl",
        output:
            manifest="<results>/unconditional/shard_0000.json",
            tars=[
                f"<results>/unconditional/{signal}/step_{step}/shard_0000.tar" for signal, step in UNCONDITIONAL_LEVELS
            ],
            unheard=[],
        log:
            "<logs>/generate_unconditional.log",
        benchmark:
            "<benchmarks>/generate_unconditional.tsv"
        params:
            code=code_of("generate_audio"),
            generator=GENERATOR,
            text_encoder_digest=TEXT_ENCODER_DIGEST,
            generator_code=GENERATOR_CODE,
            first=0,
            last=UNCONDITIONAL - 1,
            kept="",
            samples=1,
            sampling=sampling(guidance=0, guidance_rescale=0, guidance_sigma_min=0),

    # The tar files are inputs so that a step added to the configuration is generated before it is embedded.
    use rule embed_audio as embed_unconditional with:
        input:
            DOWNLOADED,
            rules.generate_unconditional.output.tars,
            clips="<results>/unconditional/shard_0000.json",
        output:
            "<results>/embeddings/unconditional.parquet",
        log:
            "<logs>/embed_unconditional.log",
        benchmark:
            "<benchmarks>/embed_unconditional.tsv"


rule measure_controls:
    input:
        scores=collect("<results>/concepts/{{concept}}/scores_{classifier}.parquet", classifier=CLASSIFIERS),
        embeddings=collect(
            "<results>/embeddings/{signal}/step_{step}.parquet",
            signal=SCORED,
            step=STEPS,
        ),
        dataset="<results>/concepts/{concept}/dataset.parquet",
        texts=["<results>/embeddings/texts.parquet"] if AUDIBLE else [],
        acoustics=["<results>/acoustics/audio.parquet"] if AUDIBLE else [],
        note_acoustics=(
            ["<results>/acoustics/notes.parquet"] if AUDIBLE and not config["inputs"]["note_embeddings"] else []
        ),
        probes=collect("<results>/concepts/{{concept}}/{classifier}.skops", classifier=CLASSIFIERS),
        unconditional=["<results>/embeddings/unconditional.parquet"] if UNCONDITIONAL else [],
    output:
        controls="<results>/concepts/{concept}/controls.parquet",
        content="<results>/concepts/{concept}/content.parquet",
        summary="<results>/concepts/{concept}/controls.json",
    log:
        "<logs>/measure_controls/{concept}.log",
    benchmark:
        "<benchmarks>/measure_controls/{concept}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code_of("measure_controls"),
        concepts=CONCEPTS_FILE,
        concept=digest_of_concept,
        scores=scores_by_classifier,
        seed=config["seed"],
    shell:
        "python scripts/measure_controls.py --concepts {params.concepts} --concept {wildcards.concept}"
        " --scores {params.scores:q} --embeddings {input.embeddings:q} --texts {input.texts:q} --dataset {input.dataset:q}"
        " --acoustics {input.acoustics:q} --note-acoustics {input.note_acoustics:q} --seed {params.seed}"
        " --probes {input.probes:q} --unconditional {input.unconditional:q}"
        " --controls {output.controls:q} --content {output.content:q} --summary {output.summary:q} 2> {log:q}"
