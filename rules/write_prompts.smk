rule write_prompts:
    input:
        PREFLIGHT,
    output:
        "<results>/prompts/batch_{batch}.jsonl",
    log:
        "<logs>/write_prompts/batch_{batch}.log",
    benchmark:
        "<benchmarks>/write_prompts/batch_{batch}.tsv"
    conda:
        "../envs/prompts.yaml"
    params:
        code=code_of("write_prompts"),
        writer=config["prompts"]["writer"],
        seed=config["seed"],
        first=first_prompt,
        last=last_prompt,
    shell:
        "python scripts/write_prompts.py --writer {params.writer} --seed {params.seed}"
        " --first {params.first} --last {params.last} --output {output:q} 2> {log:q}"
