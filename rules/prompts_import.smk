rule import_prompts:
    input:
        FIRST_CHECK,
    output:
        "<results>/prompts/batch_{batch}.jsonl",
    log:
        "<logs>/import_prompts/batch_{batch}.log",
    benchmark:
        "<benchmarks>/import_prompts/batch_{batch}.tsv"
    localrule: True
    conda:
        "../envs/prompts.yaml"
    params:
        **program("import_prompts"),
        source=options({"clips" if config["inputs"]["clips"] else "file": section.prompts_file(config["inputs"])}),
        first=first_prompt_of_batch,
        last=last_prompt_of_batch,
        texts=given_texts,
    shell:
        "python {params.script:q} {params.source} --first {params.first} --last {params.last}"
        " --output {output:q} 2> {log:q}"
