# The tar files are inputs so that a step added to the configuration is generated before it is collected.
rule collect_embeddings:
    input:
        parts=collect("<results>/embeddings/shards/audio_{shard}.parquet", shard=RUN.shards),
        tars=collect(
            "<results>/audio/{signal}/step_{step}/shard_{shard}.tar",
            signal=RUN.signals,
            step=RUN.steps,
            shard=RUN.shards,
        ),
    output:
        embeddings_of(RUN.signals),
    log:
        "<logs>/collect_embeddings.log",
    benchmark:
        "<benchmarks>/collect_embeddings.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("collect_embeddings"),
    shell:
        "python {params.script:q} --parts {input.parts:q} --outputs {output:q} 2> {log:q}"


use rule collect_embeddings as collect_deformed with:
    input:
        parts=collect("<results>/embeddings/shards/deformed_{shard}.parquet", shard=RUN.shards),
        tars=rules.collect_embeddings.input.tars,
    output:
        collect("<results>/embeddings/deformed/step_{step}.parquet", step=RUN.steps),
    log:
        "<logs>/collect_deformed.log",
    benchmark:
        "<benchmarks>/collect_deformed.tsv"
