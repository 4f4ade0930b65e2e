if config["inputs"]["note_embeddings"]:

    include: "datasets_import.smk"

else:

    include: "datasets_build.smk"


rule train_probe:
    input:
        dataset="<results>/concepts/{concept}/dataset.parquet",
        embeddings=heard("embeddings/notes.parquet"),
    output:
        probe=heard("concepts/{concept}/{classifier}.skops"),
        report=heard("concepts/{concept}/{classifier}.json"),
    log:
        heard("train_probe/{concept}.{classifier}.log", "<logs>"),
    benchmark:
        heard("train_probe/{concept}.{classifier}.tsv", "<benchmarks>")
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        **program("train_probe"),
        address=address_of_classifier,
        classifier=digest_of_classifier,
        grid=grid_of_classifier,
        validation_notes=config["probes"]["validation_notes"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --dataset {input.dataset:q} --embeddings {input.embeddings:q}"
        " --classifier {wildcards.classifier:q}={params.address:q} {params.grid}"
        " --validation-notes {params.validation_notes} --memory-mb {resources.mem_mb} --seed {params.seed}"
        " --output {output.probe:q} --report {output.report:q} 2> {log:q}"


# Which instrument plays a note: the datasets say it too, where no note was heard here.
rule factorise_notes:
    input:
        notes=(
            collect("<results>/concepts/{concept}/dataset.parquet", concept=RUN.concepts)
            if config["inputs"]["note_embeddings"]
            else "<results>/notes/notes.parquet"
        ),
        embeddings=heard("embeddings/notes.parquet"),
    output:
        instruments=heard("embeddings/instruments.parquet"),
        components=heard("embeddings/components.parquet"),
    log:
        heard("factorise_notes.log", "<logs>"),
    benchmark:
        heard("factorise_notes.tsv", "<benchmarks>")
    conda:
        "../envs/analysis.yaml"
    params:
        **program("factorise_notes"),
    shell:
        "python {params.script:q} --notes {input.notes:q} --embeddings {input.embeddings:q}"
        " --instruments {output.instruments:q} --components {output.components:q} 2> {log:q}"
