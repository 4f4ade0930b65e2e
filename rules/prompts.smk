if GIVEN_PROMPTS:

    include: "import_prompts.smk"

elif config["prompts"]["writer"] == "openai":

    include: "request_prompts.smk"

else:

    include: "write_prompts.smk"


if config["inputs"]["annotations"]:

    include: "import_annotations.smk"

elif config["annotation"]["annotator"] == "openai":

    include: "request_annotations.smk"

else:

    include: "annotate_prompts.smk"


rule collect_prompts:
    input:
        collect("<results>/prompts/batch_{batch}.jsonl", batch=BATCHES),
    output:
        "<results>/prompts/prompts.parquet",
    log:
        "<logs>/collect_prompts.log",
    benchmark:
        "<benchmarks>/collect_prompts.tsv"
    conda:
        "../envs/prompts.yaml"
    params:
        code=code_of("collect_prompts"),
        prompts=config["prompts"]["count"],
    shell:
        "python scripts/collect_prompts.py --batches {input:q} --count {params.prompts} --output {output:q} 2> {log:q}"
