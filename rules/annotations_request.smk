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
        **program("request_annotations"),
        model=config["openai"]["model"],
        asking=asking(),
        leave_out=options_of_left_out(set(range(config["prompts"]["count"]))),
        passes=config["annotation"]["passes"],
        answers=f"{RUN.results}/prompts/answers/annotations.jsonl",
    shell:
        "python {params.script:q} --prompts {input:q} --passes {params.passes} --model {params.model:q}"
        " {params.asking} {params.leave_out} --per-request {resources.per_request}"
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
        **program("parse_annotations"),
        passes=config["annotation"]["passes"],
        leave_out=options_of_left_out(set(range(config["prompts"]["count"]))),
    shell:
        "python {params.script:q} --prompts {input.prompts:q} --answers {input.answers:q}"
        " --passes {params.passes} {params.leave_out} --output {output.majority:q} --by-pass {output.passes:q} 2> {log:q}"


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
        **program("measure_agreement"),
        resamples=config["statistics"]["resamples"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --annotations {input:q} --resamples {params.resamples}"
        " --seed {params.seed} --output {output:q} 2> {log:q}"
