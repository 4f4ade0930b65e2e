# The given files are too many for a list of inputs: a digest of their names, sizes and times makes a shard stale.
rule import_audio:
    input:
        FIRST_CHECK,
    output:
        manifest="<results>/audio/shard_{shard}.json",
        tars=audio_of_shard(),
    log:
        "<logs>/import_audio/shard_{shard}.log",
    benchmark:
        "<benchmarks>/import_audio/shard_{shard}.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        **program("import_audio"),
        folder=config["inputs"]["audio"],
        files=fingerprint_of_shard,
        first=first_prompt_of_shard,
        last=last_prompt_of_shard,
        leave_out=left_out_of_shard,
        samples=config["audio"]["samples"],
        steps=config["trajectory"]["steps"],
        sigma_max=config["trajectory"]["sigma_max"],
        sigma_min=config["trajectory"]["sigma_min"],
    shell:
        "python {params.script:q} --folder {params.folder:q} --shard {wildcards.shard:q} --first {params.first}"
        " --last {params.last} --samples {params.samples} --steps {params.steps} --sigma-max {params.sigma_max}"
        " --sigma-min {params.sigma_min} {params.leave_out} --manifest {output.manifest:q} --tars {output.tars:q} 2> {log:q}"
