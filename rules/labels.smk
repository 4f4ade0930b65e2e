# `snakemake labels`: how many prompts are on each side of every concept, before anything is generated.
rule labels:
    input:
        "<results>/prompts/labels.csv",
    localrule: True


rule count_labels:
    input:
        annotations="<results>/prompts/annotations.parquet",
        prompts=[] if not (RUN.given_prompts or RUN.generates) else "<results>/prompts/prompts.parquet",
    output:
        "<results>/prompts/labels.csv",
    log:
        "<logs>/count_labels.log",
    benchmark:
        "<benchmarks>/count_labels.tsv"
    localrule: True
    conda:
        "../envs/prompts.yaml"
    params:
        **program("count_labels"),
        concepts_file=RUN.concepts_file,
        concepts=RUN.concepts,
        digests=[digest_of(concept) for concept in RUN.concepts],
        labels=config["labels"],
        original_labels=RUN.original_labels_file,
        original_terms=str(RUN.original_terms),
        leave_out=options_of_left_out(set(range(config["prompts"]["count"]))),
    shell:
        "python {params.script:q} --annotations {input.annotations:q} --prompts {input.prompts:q}"
        " --concepts-file {params.concepts_file:q} --concepts {params.concepts:q} --labels {params.labels}"
        " --original-labels {params.original_labels:q} {params.leave_out} --output {output:q} 2> {log:q}"
