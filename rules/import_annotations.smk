rule import_annotations:
    input:
        PREFLIGHT,
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
        code=code_of("import_annotations"),
        prompts=config["prompts"]["count"],
    shell:
        "python scripts/import_annotations.py --file {input.file:q} --count {params.prompts} --output {output:q} 2> {log:q}"
