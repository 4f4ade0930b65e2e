# The tar files are inputs so that a step added to the configuration is generated before it is collected.
rule collect_embeddings:
    input:
        parts=collect("<results>/embeddings/shards/audio_{shard}.parquet", shard=SHARDS),
        tars=collect(
            "<results>/audio/{signal}/step_{step}/shard_{shard}.tar",
            signal=SIGNALS,
            step=STEPS,
            shard=SHARDS,
        ),
    output:
        collect(
            "<results>/embeddings/{signal}/step_{step}.parquet",
            signal=SIGNALS,
            step=STEPS,
        ),
    log:
        "<logs>/collect_embeddings.log",
    benchmark:
        "<benchmarks>/collect_embeddings.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=code_of("collect_embeddings"),
    shell:
        "python scripts/collect_embeddings.py --parts {input.parts:q} --outputs {output:q} 2> {log:q}"


use rule collect_embeddings as collect_deformed with:
    input:
        parts=collect("<results>/embeddings/shards/deformed_{shard}.parquet", shard=SHARDS),
        tars=rules.collect_embeddings.input.tars,
    output:
        collect("<results>/embeddings/deformed/step_{step}.parquet", step=STEPS),
    log:
        "<logs>/collect_deformed.log",
    benchmark:
        "<benchmarks>/collect_deformed.tsv"
