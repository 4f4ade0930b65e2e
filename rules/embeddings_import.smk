rule import_embeddings:
    input:
        FIRST_CHECK,
        files=GIVEN_EMBEDDINGS,
    output:
        collect("<results>/embeddings/{signal}/step_{step}.parquet", signal=RUN.signals, step=RUN.steps),
    log:
        "<logs>/import_embeddings.log",
    benchmark:
        "<benchmarks>/import_embeddings.tsv"
    conda:
        "../envs/clap.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **program("import_embeddings"),
        prompts=config["prompts"]["count"],
        samples=config["audio"]["samples"],
        steps=config["trajectory"]["steps"],
        sigma_max=config["trajectory"]["sigma_max"],
        sigma_min=config["trajectory"]["sigma_min"],
        clap=Digest("model clap", "") if config["inputs"]["note_embeddings"] else digest_of_embedder(""),
    shell:
        "python {params.script:q} --files {input.files:q} --prompts {params.prompts} --samples {params.samples}"
        " --steps {params.steps} --sigma-max {params.sigma_max} --sigma-min {params.sigma_min}"
        " --digest {params.clap.value:q} --outputs {output:q} 2> {log:q}"
