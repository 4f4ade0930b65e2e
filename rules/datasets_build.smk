# Of an embedder whose features are not on the unit sphere.
rule measure_scaling:
    input:
        heard("embeddings/shards/notes_{shard}.parquet", shard=RUN.note_shards),
    output:
        heard("embeddings/scaling.parquet"),
    log:
        heard("measure_scaling.log", "<logs>"),
    benchmark:
        heard("measure_scaling.tsv", "<benchmarks>")
    conda:
        "../envs/analysis.yaml"
    params:
        **program("measure_scaling"),
    shell:
        "python {params.script:q} --parts {input:q} --output {output:q} 2> {log:q}"


rule collect_note_embeddings:
    input:
        parts=heard("embeddings/shards/notes_{shard}.parquet", shard=RUN.note_shards),
        scaling=scaling_of_embedder,
    output:
        heard("embeddings/notes.parquet"),
    log:
        heard("collect_note_embeddings.log", "<logs>"),
    benchmark:
        heard("collect_note_embeddings.tsv", "<benchmarks>")
    conda:
        "../envs/analysis.yaml"
    params:
        **program("collect_note_embeddings"),
    shell:
        "python {params.script:q} --parts {input.parts:q} --scaling {input.scaling:q} --output {output:q} 2> {log:q}"


rule build_dataset:
    input:
        "<results>/notes/notes.parquet",
    output:
        "<results>/concepts/{concept}/dataset.parquet",
    log:
        "<logs>/build_dataset/{concept}.log",
    benchmark:
        "<benchmarks>/build_dataset/{concept}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("build_dataset"),
        concepts=RUN.concepts_file,
        concept=digest_of_concept,
        limit=config["probes"]["notes_per_class"],
        test_share=config["probes"]["test_share"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --notes {input:q} --concepts {params.concepts:q} --concept {wildcards.concept:q}"
        " --limit {params.limit} --test-share {params.test_share} --seed {params.seed} --output {output:q} 2> {log:q}"
