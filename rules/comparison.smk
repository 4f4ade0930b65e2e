# `snakemake compare`: when concepts emerge in several runs (--config runs='[a, b]'), or without `runs` for the embedders of one run.
rule compare:
    input:
        compared,
    localrule: True


rule compare_landmarks:
    input:
        atlases=collect("<results>/{ear}atlas.csv", ear=RUN.ears),
        landmarks=collect(
            "<results>/{ear}concepts/{concept}/landmarks.parquet",
            ear=RUN.ears,
            concept=RUN.concepts,
        ),
        prompts=[],
    output:
        csv="<results>/comparison/landmarks.csv",
        summary="<results>/comparison/landmarks.json",
    log:
        "<logs>/compare_landmarks.log",
    benchmark:
        "<benchmarks>/compare_landmarks.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("compare_landmarks"),
        names=[ear.name for ear in RUN.ears.values()],
        folders=[f"{RUN.results}/{place}" for place in RUN.ears],
    shell:
        "python {params.script:q} --names {params.names:q} --folders {params.folders:q} --prompts {input.prompts:q}"
        " --output {output.csv:q} --summary {output.summary:q} 2> {log:q}"


rule plot_comparison:
    input:
        csv="<results>/comparison/landmarks.csv",
        summary="<results>/comparison/landmarks.json",
    output:
        figure("<results>/comparison/landmarks", "comparison"),
    log:
        "<logs>/plot_comparison.log",
    benchmark:
        "<benchmarks>/plot_comparison.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_comparison"),
        look=LOOK,
        note=RUN.models_note(),
    shell:
        "python {params.script:q} --comparison {input.csv:q} --summary {input.summary:q} {params.look}"
        " --note {params.note:q} --output {output:q} 2> {log:q}"


if COMPARED:

    use rule compare_landmarks as compare_runs with:
        input:
            atlases=[f"{folder}/atlas.csv" for folder in COMPARED.values()],
            landmarks=comparing.landmarks(config, RUN.concepts),
            prompts=[f"{folder}/prompts/prompts.parquet" for folder in COMPARED.values()],
        output:
            csv=f"{OF_RUNS}/landmarks.csv",
            summary=f"{OF_RUNS}/landmarks.json",
        log:
            "<logs>/compare_runs.log",
        benchmark:
            "<benchmarks>/compare_runs.tsv"
        params:
            **program("compare_landmarks"),
            names=list(COMPARED),
            folders=list(COMPARED.values()),

    use rule plot_comparison as plot_runs with:
        input:
            csv=f"{OF_RUNS}/landmarks.csv",
            summary=f"{OF_RUNS}/landmarks.json",
        output:
            figure(f"{OF_RUNS}/landmarks", "comparison"),
        log:
            "<logs>/plot_runs.log",
        benchmark:
            "<benchmarks>/plot_runs.tsv"
        params:
            **program("plot_comparison"),
            look=LOOK,
            note=f"Runs: {', '.join(COMPARED.values())}; the run.json of each says what made it.",
