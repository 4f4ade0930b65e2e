# Local: compute nodes have no network. The answers were paid for, so they are declared nowhere: Snakemake deletes the outputs
# of a job that failed, and its outputs and logs when it starts again. A batch reads the earlier ones, so that no prompt comes
# twice; later ones do not touch it. tee: what it will cost is shown at once. -i: Ctrl-C must not cut off the last answers.
rule request_prompts:
    input:
        FIRST_CHECK,
        earlier=earlier_batches,
    output:
        "<results>/prompts/batch_{batch}.jsonl",
    log:
        "<logs>/request_prompts/batch_{batch}.log",
    benchmark:
        "<benchmarks>/request_prompts/batch_{batch}.tsv"
    localrule: True
    conda:
        "../envs/prompts.yaml"
    resources:
        concurrency=config["openai"]["concurrency"],
    params:
        **program("request_prompts"),
        model=config["openai"]["model"],
        asking=asking(),
        seed=config["seed"],
        first=first_prompt_of_batch,
        last=last_prompt_of_batch,
        answers=f"{RUN.results}/prompts/answers/batch_{{batch}}.jsonl",
    shell:
        "python {params.script:q} --earlier {input.earlier:q} --model {params.model:q}"
        " {params.asking} --concurrency {resources.concurrency} --seed {params.seed}"
        " --batch $((10#{wildcards.batch})) --first {params.first} --last {params.last} --answers {params.answers:q}"
        " --output {output:q} 2>&1 | tee -i {log:q}"
