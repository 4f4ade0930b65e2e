rule annotate_prompts:
    input:
        "<results>/prompts/prompts.parquet",
    output:
        "<results>/prompts/annotations.parquet",
    log:
        "<logs>/annotate_prompts.log",
    benchmark:
        "<benchmarks>/annotate_prompts.tsv"
    localrule: True
    conda:
        "../envs/prompts.yaml"
    params:
        **program("annotate_prompts"),
        annotator=config["annotation"]["annotator"],
    shell:
        "python {params.script:q} --prompts {input:q} --annotator {params.annotator}" " --output {output:q} 2> {log:q}"
