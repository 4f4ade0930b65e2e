# What the prompts tell the model, without any embedder: where guidance asks it with and without the prompt, both predictions are
# there anyway. No pass is added, and nothing here is an input of audio.
rule collect_information:
    input:
        collect("<results>/audio/information/shard_{shard}.jsonl", shard=RUN.shards),
    output:
        "<results>/information.parquet",
    log:
        "<logs>/collect_information.log",
    benchmark:
        "<benchmarks>/collect_information.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("collect_information"),
    shell:
        "python {params.script:q} --parts {input:q} --output {output:q} 2> {log:q}"


rule plot_information:
    input:
        "<results>/information.parquet",
    output:
        figure("<results>/information", "information"),
    log:
        "<logs>/plot_information.log",
    benchmark:
        "<benchmarks>/plot_information.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_information"),
        resamples=config["statistics"]["resamples"],
        seed=config["seed"],
        look=LOOK,
        note=RUN.models_note(),
    shell:
        "python {params.script:q} --information {input:q} --resamples {params.resamples} --seed {params.seed}"
        " {params.look} --note {params.note:q} --output {output:q} 2> {log:q}"
