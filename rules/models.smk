# How the bundled models were made; `snakemake train_models` makes them again. Sound fonts whose licence (MIT) lets weights be
# shared: FluidR3 for both, and MuseScore_General, of which no sample stands in the held-out TimGM6mb, for the CLAP.
# `make bundle-models` copies them to resources/models.
TRAINING_SHARDS = collect("<results>/models/clips/FluidR3/{part}.tar", part=[f"{part:02d}" for part in range(24)])
OTHER_SHARDS = collect("<results>/models/clips/MuseScore_General/{part}.tar", part=range(12, 24))
# The bundled weights were trained in sessions, each going on from the one before; all but the last read half of the clips.
SESSIONS = {
    "1": "--steps 5530 --seed 1",
    "2": "--steps 1823 --seed 2 --rate 7e-4",
    "3": "--steps 18568 --seed 3 --rate 8e-4 --precision bfloat16 --compile",
    "4": "--steps 17500 --seed 4 --rate 8e-4 --precision bfloat16 --compile",
    "5": "--steps 18000 --seed 5 --rate 8e-4 --precision bfloat16 --compile",
}
LAST_SESSION = max(SESSIONS)
CLIPS_OF_SESSION = {session: TRAINING_SHARDS[: 24 if session == LAST_SESSION else 12] for session in SESSIONS}
START_OF_SESSION = {session: f"{RUN.results}/models/diffusion_{int(session) - 1}" for session in SESSIONS}
START_OF_SESSION["1"] = []


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
        TRAINING_SHARDS[:12],
        OTHER_SHARDS,
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
        **program("train_clap"),
        schedule="--steps 8613 --seed 1 --rate 8e-4 --precision bfloat16 --filtered 0.6",
    shell:
        "python {params.script:q} --shards {input:q} {params.schedule} --output {output:q} 2> {log:q}"


rule train_diffusion:
    input:
        shards=lambda wildcards: CLIPS_OF_SESSION[wildcards.session],
        start=lambda wildcards: START_OF_SESSION[wildcards.session],
    output:
        directory("<results>/models/diffusion_{session}"),
    log:
        "<logs>/train_diffusion_{session}.log",
    benchmark:
        "<benchmarks>/train_diffusion_{session}.tsv"
    wildcard_constraints:
        session="|".join(SESSIONS),
    conda:
        "../envs/generation.yaml"
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        **program("train_diffusion"),
        schedule=lambda wildcards, input: SESSIONS[wildcards.session]
        + (f" --start {input.start}" if input.start else ""),
    shell:
        "python {params.script:q} --shards {input.shards:q} {params.schedule} --output {output:q} 2> {log:q}"
