rule write_prompts:
    input:
        FIRST_CHECK,
    output:
        "<results>/prompts/batch_{batch}.jsonl",
    log:
        "<logs>/write_prompts/batch_{batch}.log",
    benchmark:
        "<benchmarks>/write_prompts/batch_{batch}.tsv"
    localrule: True
    conda:
        "../envs/prompts.yaml"
    params:
        **program("write_prompts"),
        writer=config["prompts"]["writer"],
        seed=config["seed"],
        first=first_prompt_of_batch,
        last=last_prompt_of_batch,
    shell:
        "python {params.script:q} --writer {params.writer} --seed {params.seed}"
        " --first {params.first} --last {params.last} --output {output:q} 2> {log:q}"
