rule import_prompts:
    input:
        PREFLIGHT,
    output:
        "<results>/prompts/batch_{batch}.jsonl",
    log:
        "<logs>/import_prompts/batch_{batch}.log",
    benchmark:
        "<benchmarks>/import_prompts/batch_{batch}.tsv"
    conda:
        "../envs/prompts.yaml"
    params:
        code=code_of("import_prompts"),
        file=section.prompts_file(config["inputs"]),
        first=first_prompt,
        last=last_prompt,
        texts=given_texts,
    shell:
        "python scripts/import_prompts.py --file {params.file:q} --first {params.first} --last {params.last}"
        " --output {output:q} 2> {log:q}"
