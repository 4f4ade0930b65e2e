# Two signals of the same clips against each other: what guidance does to the estimate, and what the noisy state tells beyond its null.
rule compare_signals:
    input:
        collect(
            "<results>/concepts/{concept}/scores_{classifier}.parquet", concept=RUN.concepts, classifier=CLASSIFIERS
        ),
    output:
        "<results>/signals.csv",
    log:
        "<logs>/compare_signals.log",
    benchmark:
        "<benchmarks>/compare_signals.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **program("compare_signals"),
    shell:
        "python {params.script:q} --scores {input:q} --output {output:q} 2> {log:q}"
