# How the bundled models were made; `snakemake train_models` makes them again. FluidR3 only: its licence (MIT) lets weights
# be shared. `make bundle-models` copies them to resources/models.
TRAINING_SHARDS = [f"{part:02d}" for part in range(12)]


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
        collect("<results>/models/clips/{part}.tar", part=TRAINING_SHARDS),
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


rule train_diffusion_first:
    input:
        shards=collect("<results>/models/clips/{part}.tar", part=TRAINING_SHARDS),
    output:
        directory("<results>/models/diffusion_first"),
    log:
        "<logs>/train_diffusion_first.log",
    benchmark:
        "<benchmarks>/train_diffusion_first.tsv"
    conda:
        "../envs/generation.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        code=code_of("train_diffusion"),
        schedule="--steps 5530 --seed 1",
    shell:
        "python scripts/train_diffusion.py --shards {input.shards:q} {params.schedule} --output {output:q} 2> {log:q}"


# The bundled weights were trained in two sittings.
use rule train_diffusion_first as train_diffusion with:
    input:
        shards=collect("<results>/models/clips/{part}.tar", part=TRAINING_SHARDS),
        start="<results>/models/diffusion_first",
    output:
        directory("<results>/models/diffusion"),
    log:
        "<logs>/train_diffusion.log",
    benchmark:
        "<benchmarks>/train_diffusion.tsv"
    params:
        code=code_of("train_diffusion"),
        schedule=f"--steps 1823 --seed 2 --rate 7e-4 --start {RESULTS}/models/diffusion_first",
