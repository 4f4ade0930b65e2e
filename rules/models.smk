# How the bundled models were made; `snakemake train_models` makes them again. Sound fonts whose licence (MIT) lets weights be
# shared: FluidR3 for both, and MuseScore_General, of which no sample stands in the held-out TimGM6mb, for the CLAP.
# `make bundle-models` copies them to resources/models.
FLUID, MUSESCORE = (
    collect(f"<results>/models/clips/{soundfont}/{{part}}.tar", part=[f"{part:02d}" for part in range(24)])
    for soundfont in ("FluidR3", "MuseScore_General")
)
# The bundled weights were trained in sessions, each going on from the one before; each but the diffusion model's last read half
# of the clips.
CLAP_SESSIONS = {
    "1": "--steps 8613 --seed 1 --rate 8e-4 --precision bfloat16 --filtered 0.6",
    "2": "--steps 4825 --seed 2 --rate 6e-4 --precision bfloat16 --filtered 0.6",
}
CLAP_CLIPS = {"1": FLUID[:12] + MUSESCORE[12:], "2": FLUID[12:] + MUSESCORE[:12]}
DIFFUSION_SESSIONS = {
    "1": "--steps 5530 --seed 1",
    "2": "--steps 1823 --seed 2 --rate 7e-4",
    "3": "--steps 18568 --seed 3 --rate 8e-4 --precision bfloat16 --compile",
    "4": "--steps 17500 --seed 4 --rate 8e-4 --precision bfloat16 --compile",
    "5": "--steps 18000 --seed 5 --rate 8e-4 --precision bfloat16 --compile",
}
TRAINED = [
    f"<results>/models/{model}_{max(of)}" for model, of in (("clap", CLAP_SESSIONS), ("diffusion", DIFFUSION_SESSIONS))
]


STARTS = {
    model: {one: f"{RUN.results}/models/{model}_{int(one) - 1}" if one != "1" else [] for one in of}
    for model, of in (("clap", CLAP_SESSIONS), ("diffusion", DIFFUSION_SESSIONS))
}


rule render_training_clips:
    output:
        "<results>/models/clips/{soundfont}/{part}.tar",
    log:
        "<logs>/render_training_clips/{soundfont}_{part}.log",
    benchmark:
        "<benchmarks>/render_training_clips/{soundfont}_{part}.tsv"
    wildcard_constraints:
        part=r"\d{2}",
        soundfont=r"[A-Za-z]\w+",
    conda:
        "../envs/analysis.yaml"
    params:
        **program("render_training_clips"),
        clips=2000,
    shell:
        "python {params.script:q} --soundfont {wildcards.soundfont:q} --count {params.clips} --seed 1"
        " --part $((10#{wildcards.part})) --output {output:q} 2> {log:q}"


rule train_clap:
    input:
        shards=lambda wildcards: CLAP_CLIPS[wildcards.session],
        start=lambda wildcards: STARTS["clap"][wildcards.session],
    output:
        directory("<results>/models/clap_{session}"),
    log:
        "<logs>/train_clap_{session}.log",
    benchmark:
        "<benchmarks>/train_clap_{session}.tsv"
    wildcard_constraints:
        session="|".join(CLAP_SESSIONS),
    conda:
        "../envs/clap.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        **program("train_clap"),
        schedule=lambda wildcards, input: CLAP_SESSIONS[wildcards.session]
        + (f" --start {input.start}" if input.start else ""),
    shell:
        "python {params.script:q} --shards {input.shards:q} {params.schedule} --output {output:q} 2> {log:q}"


rule train_diffusion:
    input:
        shards=lambda wildcards: FLUID[: 24 if wildcards.session == max(DIFFUSION_SESSIONS) else 12],
        start=lambda wildcards: STARTS["diffusion"][wildcards.session],
    output:
        directory("<results>/models/diffusion_{session}"),
    log:
        "<logs>/train_diffusion_{session}.log",
    benchmark:
        "<benchmarks>/train_diffusion_{session}.tsv"
    wildcard_constraints:
        session="|".join(DIFFUSION_SESSIONS),
    conda:
        "../envs/generation.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        **program("train_diffusion"),
        schedule=lambda wildcards, input: DIFFUSION_SESSIONS[wildcards.session]
        + (f" --start {input.start}" if input.start else ""),
    shell:
        "python {params.script:q} --shards {input.shards:q} {params.schedule} --output {output:q} 2> {log:q}"
