# `snakemake export`: a finished run's tables as a data set that others load, with a card and a citation.
rule export:
    input:
        "<results>/export",
    localrule: True


rule export_dataset:
    input:
        run="<results>/run.json",
        emergence="<results>/emergence.parquet",
        prompts="<results>/prompts/prompts.parquet",
        annotations="<results>/prompts/annotations.parquet",
        scores=collect(
            "<results>/concepts/{concept}/scores_{classifier}.parquet",
            concept=RUN.concepts,
            classifier=CLASSIFIERS,
        ),
    output:
        directory("<results>/export"),
    log:
        "<logs>/export_dataset.log",
    benchmark:
        "<benchmarks>/export_dataset.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("export_dataset"),
    shell:
        "python {params.script:q} --run {input.run:q} --emergence {input.emergence:q} --prompts {input.prompts:q}"
        " --annotations {input.annotations:q} --scores {input.scores:q} --output {output:q} 2> {log:q}"
