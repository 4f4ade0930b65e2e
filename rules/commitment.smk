# Re-branching: from which level on is a concept fixed? Off by default: `snakemake commitment` makes it, and so does
# `commitment: {enabled: true}`. Its cost stands in the message that a dry-run prints.
rule commitment:
    input:
        pictures("<results>/commitment"),
    localrule: True


rule branch_audio:
    input:
        GENERATOR_READY,
        prompts=batch_of_shard,
    output:
        manifest="<results>/branches/shard_{shard}.json",
        tars=expand(
            "<results>/branches/branched/step_{step}/shard_{{shard}}.tar",
            step=[f"{step:02d}" for step in RUN.branched_steps],
        ),
    log:
        "<logs>/branch_audio/shard_{shard}.log",
    benchmark:
        "<benchmarks>/branch_audio/shard_{shard}.tsv"
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
        **program("branch_audio"),
        **GENERATOR,
        first=first_prompt_of_shard,
        last=last_branched_prompt_of_shard,
        branches=config["commitment"]["branches"],
        sampling=RUN.sampling(sampler=config["commitment"]["sampler"] or config["trajectory"]["sampler"]),
    message:
        f"Re-branching, shard {{wildcards.shard}}: {RUN.branching_cost}"
    shell:
        "python {params.script:q} --prompts {input.prompts:q} --first {params.first} --last {params.last}"
        " --branches {params.branches} {params.generator} --digest {params.diffusion.value:q} {params.sampling}"
        " --batch-size {resources.batch_size} --device {resources.device} --threads {threads}"
        " --modules {resources.modules} --manifest {output.manifest:q} --tars {output.tars:q} 2> {log:q}"


use rule embed_audio as embed_branches with:
    input:
        embedder_ready,
        rules.branch_audio.output.tars,
        clips="<results>/branches/shard_{shard}.json",
        scaling=scaling_of_embedder,
    output:
        "<results>/embeddings/shards/branches_{shard}.parquet",
    log:
        "<logs>/embed_branches/shard_{shard}.log",
    benchmark:
        "<benchmarks>/embed_branches/shard_{shard}.tsv"


rule measure_commitment:
    input:
        embeddings=collect("<results>/embeddings/shards/branches_{shard}.parquet", shard=RUN.branched_shards),
        probes=collect(
            "<results>/concepts/{concept}/{classifier}.skops",
            concept=RUN.concepts,
            classifier=CLASSIFIERS,
        ),
        scores=scores_beside_branches,
    output:
        "<results>/commitment.csv",
    log:
        "<logs>/measure_commitment.log",
    benchmark:
        "<benchmarks>/measure_commitment.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("measure_commitment"),
        classifiers=RUN.classifier_addresses,
        resamples=config["statistics"]["resamples"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --embeddings {input.embeddings:q} --probes {input.probes:q}"
        " --classifiers {params.classifiers:q} --scores {input.scores:q} --resamples {params.resamples} --seed {params.seed}"
        " --output {output:q} 2> {log:q}"


rule plot_commitment:
    input:
        "<results>/commitment.csv",
    output:
        figure("<results>/commitment", "commitment"),
    log:
        "<logs>/plot_commitment.log",
    benchmark:
        "<benchmarks>/plot_commitment.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_commitment"),
        look=LOOK,
        note=RUN.models_note(),
    shell:
        "python {params.script:q} --commitment {input:q} {params.look} --note {params.note:q}"
        " --output {output:q} 2> {log:q}"
