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
        code=code_of("build_dataset"),
        concepts=CONCEPTS_FILE,
        concept=digest_of_concept,
        limit=config["probes"]["notes_per_class"],
        test_share=config["probes"]["test_share"],
        seed=config["seed"],
    shell:
        "python scripts/build_dataset.py --notes {input:q} --concepts {params.concepts} --concept {wildcards.concept}"
        " --limit {params.limit} --test-share {params.test_share} --seed {params.seed} --output {output:q} 2> {log:q}"


rule train_probe:
    input:
        dataset="<results>/concepts/{concept}/dataset.parquet",
        embeddings="<results>/embeddings/notes.parquet",
    output:
        probe="<results>/concepts/{concept}/{classifier}.skops",
        report="<results>/concepts/{concept}/{classifier}.json",
    log:
        "<logs>/train_probe/{concept}.{classifier}.log",
    benchmark:
        "<benchmarks>/train_probe/{concept}.{classifier}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        code=code_of("train_probe"),
        strength=classifier_strength,
        seed=config["seed"],
    shell:
        "python scripts/train_probe.py --dataset {input.dataset:q} --embeddings {input.embeddings:q}"
        " --classifier {wildcards.classifier} --C {params.strength} --seed {params.seed}"
        " --output {output.probe:q} --report {output.report:q} 2> {log:q}"
