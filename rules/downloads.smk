# Only where a model or an archive is not part of the checkout: what the run needs is checked before anything is queued, and
# models are fetched by one local job, so that all others run without a network. The record of the check counts as ancient:
# making it again makes nothing else stale.
rule preflight:
    output:
        RUN.preflight_records,
    log:
        "<logs>/preflight.log",
    benchmark:
        "<benchmarks>/preflight.tsv"
    localrule: True
    conda:
        "../envs/downloads.yaml"
    params:
        **program("preflight"),
        models=preflight.as_options(RUN.foreign_models),
        archives=list(NOTES_ADDRESSES.values()),
        shown=[shown(address) for address in DOWNLOADS.values()],
        targets=list(DOWNLOADS),
        per_instrument=config["notes"]["per_instrument"],
        clips=RUN.kept_prompts * config["audio"]["samples"],
        levels=len(RUN.signals) * len(RUN.steps),
        seconds=config["trajectory"]["seconds_kept"],
        seconds_total=config["trajectory"]["seconds_total"],
        batch_size=config["audio"]["batch_size"],
        device=config["device"],
        results=RUN.results,
    shell:
        "python {params.script:q} {params.models} --archives {params.archives:q} --targets {params.targets:q}"
        " --per-instrument {params.per_instrument} --clips {params.clips} --levels {params.levels}"
        " --seconds {params.seconds} --seconds-total {params.seconds_total} --batch-size {params.batch_size}"
        " --device {params.device} --results {params.results:q} --output {output:q} 2> {log:q}"


if RUN.first_check:

    # Made once in a run that was begun with a check, and never again: what waits for it is stale by no later check.
    rule begin_checked:
        input:
            PREFLIGHT,
        output:
            touch(RUN.first_check),
        localrule: True


if RUN.hub_models:

    rule download_models:
        input:
            PREFLIGHT,
        output:
            RUN.models_records,
        log:
            "<logs>/download_models.log",
        benchmark:
            "<benchmarks>/download_models.tsv"
        localrule: True
        conda:
            "../envs/downloads.yaml"
        params:
            **program("download_models"),
            models=preflight.as_options(RUN.hub_models),
        shell:
            "python {params.script:q} {params.models} --output {output:q} 2> {log:q}"
