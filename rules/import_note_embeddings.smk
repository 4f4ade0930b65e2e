rule import_note_embeddings:
    input:
        PREFLIGHT,
        embeddings=[GIVEN_CONCEPTS[concept][0] for concept in CONCEPTS],
        infos=[GIVEN_CONCEPTS[concept][1] for concept in CONCEPTS],
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
        code=code_of("import_note_embeddings"),
    shell:
        "python scripts/import_note_embeddings.py --embeddings {input.embeddings:q} --infos {input.infos:q}"
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
        code=code_of("import_dataset"),
        limit=config["probes"]["notes_per_class"],
        test_share=config["probes"]["test_share"],
        seed=config["seed"],
    shell:
        "python scripts/import_dataset.py --info {input:q} --concept {wildcards.concept} --limit {params.limit}"
        " --test-share {params.test_share} --seed {params.seed} --output {output:q} 2> {log:q}"
