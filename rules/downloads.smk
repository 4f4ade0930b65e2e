# Only where a model or an archive is not part of the checkout: what the run needs is checked before anything is queued, and
# models are fetched by one local job, so that all others run without a network. The record of the check counts as ancient:
# making it again makes nothing else stale.
rule preflight:
    output:
        PREFLIGHT_RECORD,
    log:
        "<logs>/preflight.log",
    benchmark:
        "<benchmarks>/preflight.tsv"
    localrule: True
    conda:
        "../envs/downloads.yaml"
    params:
        code=code_of("preflight"),
        models=options(FOREIGN_MODELS),
        archives=expand(config["inputs"]["notes"], split=NOTE_SPLITS) if REMOTE_NOTES else [],
        targets=expand(ARCHIVE, split=NOTE_SPLITS) if REMOTE_NOTES else [],
        per_instrument=config["notes"]["per_instrument"],
        clips=KEPT_PROMPTS * config["audio"]["samples"],
        levels=len(SIGNALS) * len(STEPS),
        seconds=config["trajectory"]["seconds_kept"],
        batch_size=config["audio"]["batch_size"],
        device=config["device"],
        results=RESULTS,
    shell:
        "python scripts/preflight.py {params.models} --archives {params.archives:q} --targets {params.targets:q}"
        " --per-instrument {params.per_instrument} --clips {params.clips} --levels {params.levels}"
        " --seconds {params.seconds} --batch-size {params.batch_size} --device {params.device}"
        " --results {params.results:q} --output {output:q} 2> {log:q}"


if HUB_MODELS:

    rule download_models:
        input:
            PREFLIGHT,
        output:
            MODELS_RECORD,
        log:
            "<logs>/download_models.log",
        benchmark:
            "<benchmarks>/download_models.tsv"
        localrule: True
        conda:
            "../envs/downloads.yaml"
        params:
            code=code_of("download_models"),
            models=options(HUB_MODELS),
        shell:
            "python scripts/download_models.py {params.models} --output {output:q} 2> {log:q}"
