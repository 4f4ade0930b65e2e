# How the bundled models were made; `snakemake train_models` makes them again. FluidR3 only: its licence (MIT) lets weights
# be shared. `make bundle-models` copies them to resources/models.
TRAINING_SHARDS = [f"{part:02d}" for part in range(24)]  # all but the last sitting read the first half


rule render_training_clips:
    output:
        "<results>/models/clips/{part}.tar",
    log:
        "<logs>/render_training_clips/{part}.log",
    benchmark:
        "<benchmarks>/render_training_clips/{part}.tsv"
    wildcard_constraints:
        part=r"\d{2}",
    conda:
        "../envs/analysis.yaml"
    params:
        code=code_of("render_training_clips"),
        clips=2000,
    shell:
        "python scripts/render_training_clips.py --soundfont FluidR3 --count {params.clips} --seed 1"
        " --part $((10#{wildcards.part})) --output {output:q} 2> {log:q}"


rule train_clap:
    input:
        collect("<results>/models/clips/{part}.tar", part=TRAINING_SHARDS[:12]),
    output:
        directory("<results>/models/clap"),
    log:
        "<logs>/train_clap.log",
    benchmark:
        "<benchmarks>/train_clap.tsv"
    conda:
        "../envs/clap.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        code=code_of("train_clap"),
        steps=3900,
    shell:
        "python scripts/train_clap.py --shards {input:q} --steps {params.steps} --seed 1 --output {output:q} 2> {log:q}"


rule train_diffusion:
    input:
        shards=clips_of_sitting,
        start=earlier_sitting,
    output:
        directory("<results>/models/diffusion_{sitting}"),
    log:
        "<logs>/train_diffusion_{sitting}.log",
    benchmark:
        "<benchmarks>/train_diffusion_{sitting}.tsv"
    wildcard_constraints:
        sitting="|".join(SITTINGS),
    conda:
        "../envs/generation.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        code=code_of("train_diffusion"),
        schedule=schedule_of_sitting,
    shell:
        "python scripts/train_diffusion.py --shards {input.shards:q} {params.schedule}"
        " --output {output:q} 2> {log:q}"
