rule write_prompts:
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
        file=config["prompts"]["file"],
        seed=config["seed"],
        first=first_prompt,
        last=last_prompt,
        texts=given_texts,
    shell:
        "python scripts/write_prompts.py --writer {params.writer} --file {params.file:q} --seed {params.seed}"
        " --first {params.first} --last {params.last} --output {output:q} 2> {log:q}"


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
