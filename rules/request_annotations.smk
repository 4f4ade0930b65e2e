# Local, and with an undeclared file of answers, for the reasons given at request_prompts.
rule request_annotations:
    input:
        "<results>/prompts/prompts.parquet",
    output:
        "<results>/prompts/annotations.jsonl",
    log:
        "<logs>/request_annotations.log",
    benchmark:
        "<benchmarks>/request_annotations.tsv"
    localrule: True
    conda:
        "../envs/prompts.yaml"
    resources:
        concurrency=config["openai"]["concurrency"],
        per_request=config["annotation"]["per_request"],
    params:
        code=code_of("request_annotations"),
        model=config["openai"]["model"],
        temperature=config["openai"]["temperature"],
        passes=config["annotation"]["passes"],
        answers=f"{RESULTS}/prompts/answers/annotations.jsonl",
    shell:
        "python scripts/request_annotations.py --prompts {input:q} --passes {params.passes} --model {params.model:q}"
        " --temperature {params.temperature} --per-request {resources.per_request}"
        " --concurrency {resources.concurrency} --answers {params.answers:q} --output {output:q}"
        " 2>&1 | tee -i {log:q}"


rule parse_annotations:
    input:
        prompts="<results>/prompts/prompts.parquet",
        answers="<results>/prompts/annotations.jsonl",
    output:
        majority="<results>/prompts/annotations.parquet",
        passes="<results>/prompts/annotations_by_pass.parquet",
    log:
        "<logs>/parse_annotations.log",
    benchmark:
        "<benchmarks>/parse_annotations.tsv"
    conda:
        "../envs/prompts.yaml"
    params:
        code=code_of("parse_annotations"),
        passes=config["annotation"]["passes"],
    shell:
        "python scripts/parse_annotations.py --prompts {input.prompts:q} --answers {input.answers:q}"
        " --passes {params.passes} --output {output.majority:q} --by-pass {output.passes:q} 2> {log:q}"


rule measure_agreement:
    input:
        "<results>/prompts/annotations_by_pass.parquet",
    output:
        "<results>/prompts/agreement.csv",
    log:
        "<logs>/measure_agreement.log",
    benchmark:
        "<benchmarks>/measure_agreement.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=code_of("measure_agreement"),
        resamples=config["statistics"]["resamples"],
        seed=config["seed"],
    shell:
        "python scripts/measure_agreement.py --annotations {input:q} --resamples {params.resamples}"
        " --seed {params.seed} --output {output:q} 2> {log:q}"
