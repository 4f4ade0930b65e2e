# A mark, so that what reads clips of all levels looks up one file in place of thousands; an added step is made before it.
ALL_LEVELS = "<results>/audio/all_levels"


rule mark_levels:
    input:
        collect(RUN.made, signal=RUN.signals, step=RUN.steps, shard=RUN.shards),
    output:
        touch(ALL_LEVELS),
    localrule: True


rule collect_embeddings:
    input:
        parts=heard(RUN.heard_in, corpus="audio", part=parts_of(RUN.shards, RUN.shards_heard)),
        made=ALL_LEVELS,
        scaling=scaling_of_embedder,
    output:
        embeddings_of(RUN.signals),
    log:
        heard("collect_embeddings.log", "<logs>"),
    benchmark:
        heard("collect_embeddings.tsv", "<benchmarks>")
    conda:
        "../envs/analysis.yaml"
    params:
        **program("collect_embeddings"),
    shell:
        "python {params.script:q} --parts {input.parts:q} --scaling {input.scaling:q} --outputs {output:q} 2> {log:q}"


use rule collect_embeddings as collect_deformed with:
    input:
        parts=heard(RUN.heard_in, corpus="deformed", part=parts_of(RUN.shards, RUN.shards_heard)),
        made=ALL_LEVELS,
        scaling=scaling_of_embedder,
    output:
        heard("embeddings/deformed/step_{step}.parquet", step=RUN.steps),
    log:
        heard("collect_deformed.log", "<logs>"),
    benchmark:
        heard("collect_deformed.tsv", "<benchmarks>")
