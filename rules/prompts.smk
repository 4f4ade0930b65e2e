if RUN.given_prompts:

    include: "prompts_import.smk"

elif config["prompts"]["writer"] == "openai":

    include: "prompts_request.smk"

else:

    include: "prompts_write.smk"


if config["inputs"]["annotations"]:

    include: "annotations_import.smk"

elif config["annotation"]["annotator"] == "openai":

    include: "annotations_request.smk"

else:

    include: "annotations_lexicon.smk"


rule collect_prompts:
    input:
        collect("<results>/prompts/batch_{batch}.jsonl", batch=RUN.batches),
    output:
        "<results>/prompts/prompts.parquet",
    log:
        "<logs>/collect_prompts.log",
    benchmark:
        "<benchmarks>/collect_prompts.tsv"
    localrule: True
    conda:
        "../envs/prompts.yaml"
    params:
        **program("collect_prompts"),
        prompts=config["prompts"]["count"],
        model=found(config["models"]["diffusion"]) if RUN.generates else [],
    shell:
        "python {params.script:q} --batches {input:q} --count {params.prompts} --model {params.model:q} --output {output:q} 2> {log:q}"
