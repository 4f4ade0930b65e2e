rule import_note_embeddings:
    input:
        FIRST_CHECK,
        embeddings=[GIVEN_CONCEPTS[concept][0] for concept in RUN.concepts],
        infos=[GIVEN_CONCEPTS[concept][1] for concept in RUN.concepts],
    output:
        "<results>/embeddings/notes.parquet",
    log:
        "<logs>/import_note_embeddings.log",
    benchmark:
        "<benchmarks>/import_note_embeddings.tsv"
    conda:
        "../envs/clap.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **program("import_note_embeddings"),
    shell:
        "python {params.script:q} --embeddings {input.embeddings:q} --infos {input.infos:q}"
        " --output {output:q} 2> {log:q}"


rule import_dataset:
    input:
        info_of_concept,
    output:
        "<results>/concepts/{concept}/dataset.parquet",
    log:
        "<logs>/import_dataset/{concept}.log",
    benchmark:
        "<benchmarks>/import_dataset/{concept}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("import_dataset"),
        limit=config["probes"]["notes_per_class"],
        test_share=config["probes"]["test_share"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --info {input:q} --concept {wildcards.concept:q} --limit {params.limit}"
        " --test-share {params.test_share} --seed {params.seed} --output {output:q} 2> {log:q}"
