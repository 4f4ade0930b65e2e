# Switching: up to which level does another prompt still get its concept? Off by default: `snakemake switching` makes it, and so does
# `switching: {enabled: true}`. Its cost stands in the message that a dry-run prints.
rule switching:
    input:
        pictures("<results>/switching"),
    localrule: True


rule write_pairs:
    output:
        pairs="<results>/switched/pairs.csv",
        prompts="<results>/switched/prompts.jsonl",
    log:
        "<logs>/write_pairs.log",
    benchmark:
        "<benchmarks>/write_pairs.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("write_pairs"),
        concepts_file=RUN.concepts_file,
        concepts=RUN.concepts,
        given=config["inputs"]["prompt_pairs"] or [],
        texts=given_pairs,
        rounds=config["switching"]["rounds"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --given {params.given:q} --concepts-file {params.concepts_file:q} --concepts {params.concepts:q}"
        " --rounds {params.rounds} --seed {params.seed} --pairs {output.pairs:q} --prompts {output.prompts:q} 2> {log:q}"


rule switch_audio:
    input:
        GENERATOR_READY,
        prompts="<results>/switched/prompts.jsonl",
    output:
        manifest="<results>/switched/shard_{shard}.json",
        tars=[f"<results>/switched/{signal}/step_{step}/shard_{{shard}}.tar" for signal, step in RUN.switched_levels],
    log:
        "<logs>/switch_audio/shard_{shard}.log",
    benchmark:
        "<benchmarks>/switch_audio/shard_{shard}.tsv"
    conda:
        "../envs/generation.yaml"
    envmodules:
        *GPU_MODULES,
    threads: GPU_THREADS
    resources:
        mem_mb=16000,
        runtime=240,
        batch_size=config["audio"]["batch_size"],
        device=config["device"],
        modules=LOADED_MODULES,
    params:
        **program("switch_audio"),
        **GENERATOR,
        first=first_prompt_of_pairs,
        last=last_prompt_of_pairs,
        sampling=RUN.sampling(),
    message:
        f"Switching, shard {{wildcards.shard}}: {RUN.switching_cost}"
    shell:
        "python {params.script:q} --prompts {input.prompts:q} --first {params.first} --last {params.last}"
        " {params.generator} --digest {params.diffusion.value:q} {params.sampling}"
        " --batch-size {resources.batch_size} --device {resources.device} --threads {threads}"
        " --modules {resources.modules} --manifest {output.manifest:q} --tars {output.tars:q} 2> {log:q}"


use rule embed_audio as embed_switched with:
    input:
        embedder_ready,
        rules.switch_audio.output.tars,
        clips="<results>/switched/shard_{shard}.json",
        scaling=scaling_of_embedder,
    output:
        "<results>/embeddings/shards/switched_{shard}.parquet",
    log:
        "<logs>/embed_switched/shard_{shard}.log",
    benchmark:
        "<benchmarks>/embed_switched/shard_{shard}.tsv"


rule measure_switching:
    input:
        embeddings=collect("<results>/embeddings/shards/switched_{shard}.parquet", shard=RUN.switched_shards),
        pairs="<results>/switched/pairs.csv",
        probes=collect(
            "<results>/concepts/{concept}/{classifier}.skops",
            concept=RUN.concepts,
            classifier=CLASSIFIERS,
        ),
    output:
        "<results>/switching.csv",
    log:
        "<logs>/measure_switching.log",
    benchmark:
        "<benchmarks>/measure_switching.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("measure_switching"),
        concepts=RUN.concepts_file,
        classifiers=RUN.classifier_addresses,
        resamples=config["statistics"]["resamples"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --embeddings {input.embeddings:q} --pairs {input.pairs:q} --concepts {params.concepts:q}"
        " --probes {input.probes:q} --classifiers {params.classifiers:q} --resamples {params.resamples} --seed {params.seed}"
        " --output {output:q} 2> {log:q}"


rule plot_switching:
    input:
        "<results>/switching.csv",
    output:
        figure("<results>/switching", "switching"),
    log:
        "<logs>/plot_switching.log",
    benchmark:
        "<benchmarks>/plot_switching.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_switching"),
        look=LOOK,
        note=RUN.models_note(),
    shell:
        "python {params.script:q} --switching {input:q} {params.look} --note {params.note:q}"
        " --output {output:q} 2> {log:q}"
