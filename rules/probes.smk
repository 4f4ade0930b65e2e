if config["inputs"]["note_embeddings"]:

    include: "datasets_import.smk"

else:

    include: "datasets_build.smk"


rule train_probe:
    input:
        dataset="<results>/concepts/{concept}/dataset.parquet",
        embeddings="<results>/{ear}embeddings/notes.parquet",
    output:
        probe="<results>/{ear}concepts/{concept}/{classifier}.skops",
        report="<results>/{ear}concepts/{concept}/{classifier}.json",
    log:
        "<logs>/{ear}train_probe/{concept}.{classifier}.log",
    benchmark:
        "<benchmarks>/{ear}train_probe/{concept}.{classifier}.tsv"
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
        embeddings="<results>/{ear}embeddings/notes.parquet",
    output:
        instruments="<results>/{ear}embeddings/instruments.parquet",
        components="<results>/{ear}embeddings/components.parquet",
    log:
        "<logs>/{ear}factorise_notes.log",
    benchmark:
        "<benchmarks>/{ear}factorise_notes.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("factorise_notes"),
    shell:
        "python {params.script:q} --notes {input.notes:q} --embeddings {input.embeddings:q}"
        " --instruments {output.instruments:q} --components {output.components:q} 2> {log:q}"
