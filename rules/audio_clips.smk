# Clips that a CSV file names. What is skipped is no parameter: a shard that was made without skipping has nothing to skip.
rule import_clips:
    input:
        FIRST_CHECK,
    output:
        manifest="<results>/audio/shard_{shard}.json",
        tars=audio_of_shard(),
    log:
        "<logs>/import_clips/shard_{shard}.log",
    benchmark:
        "<benchmarks>/import_clips/shard_{shard}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
        skip=options({"skip": ",".join(section.skipped(config["inputs"])) or None}),
    params:
        **program("import_clips"),
        file=config["inputs"]["clips"],
        clips=fingerprint_of_clips,
        first=first_prompt_of_shard,
        last=last_prompt_of_shard,
        leave_out=left_out_of_shard,
        steps=config["trajectory"]["steps"],
        sigma_max=config["trajectory"]["sigma_max"],
        sigma_min=config["trajectory"]["sigma_min"],
    shell:
        "python {params.script:q} --clips {params.file:q} --first {params.first} --last {params.last}"
        " --steps {params.steps} --sigma-max {params.sigma_max} --sigma-min {params.sigma_min} {resources.skip}"
        " {params.leave_out} --manifest {output.manifest:q} --tars {output.tars:q} 2> {log:q}"
