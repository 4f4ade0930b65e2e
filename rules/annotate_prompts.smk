rule annotate_prompts:
    input:
        "<results>/prompts/prompts.parquet",
    output:
        "<results>/prompts/annotations.parquet",
    log:
        "<logs>/annotate_prompts.log",
    benchmark:
        "<benchmarks>/annotate_prompts.tsv"
    conda:
        "../envs/prompts.yaml"
    params:
        code=code_of("annotate_prompts"),
        annotator=config["annotation"]["annotator"],
    shell:
        "python scripts/annotate_prompts.py --prompts {input:q} --annotator {params.annotator}"
        " --output {output:q} 2> {log:q}"
