rule import_annotations:
    input:
        FIRST_CHECK,
        file=config["inputs"]["annotations"],
    output:
        "<results>/prompts/annotations.parquet",
    log:
        "<logs>/import_annotations.log",
    benchmark:
        "<benchmarks>/import_annotations.tsv"
    conda:
        "../envs/prompts.yaml"
    params:
        **program("import_annotations"),
        prompts=config["prompts"]["count"],
    shell:
        "python {params.script:q} --file {input.file:q} --count {params.prompts} --output {output:q} 2> {log:q}"
