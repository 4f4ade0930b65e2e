# What was generated is an input so that a step added to the configuration is generated before it is collected.
rule collect_embeddings:
    input:
        parts=collect("<results>/{{ear}}embeddings/shards/audio_{shard}.parquet", shard=RUN.shards),
        made=collect(RUN.made, signal=RUN.signals, step=RUN.steps, shard=RUN.shards),
        scaling=scaling_of_embedder,
    output:
        embeddings_of(RUN.signals),
    log:
        "<logs>/{ear}collect_embeddings.log",
    benchmark:
        "<benchmarks>/{ear}collect_embeddings.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("collect_embeddings"),
    shell:
        "python {params.script:q} --parts {input.parts:q} --scaling {input.scaling:q} --outputs {output:q} 2> {log:q}"


# After the embeddings, whose rule sees to it that a step added is generated: 70 tables here in place of 2,500 tar files.
use rule collect_embeddings as collect_deformed with:
    input:
        parts=collect("<results>/{{ear}}embeddings/shards/deformed_{shard}.parquet", shard=RUN.shards),
        embeddings=embeddings_of(RUN.signals),
        scaling=scaling_of_embedder,
    output:
        collect("<results>/{{ear}}embeddings/deformed/step_{step}.parquet", step=RUN.steps),
    log:
        "<logs>/{ear}collect_deformed.log",
    benchmark:
        "<benchmarks>/{ear}collect_deformed.tsv"
