NOTE_SPLITS = config["notes"]["splits"]
if config["inputs"]["notes"] is None or REMOTE_NOTES:
    ARCHIVE = f"{RESULTS}/notes/nsynth-{{split}}.tar.gz"
else:
    ARCHIVE = config["inputs"]["notes"]
NOTE_FILES = [ARCHIVE]
if Path(ARCHIVE.replace("{split}", NOTE_SPLITS[0])).is_dir():
    NOTE_FILES = [f"{ARCHIVE}/examples.json", f"{ARCHIVE}/audio"]

if config["inputs"]["notes"] is None:

    rule render_notes:
        input:
            PREFLIGHT,
        output:
            ARCHIVE,
        log:
            "<logs>/render_notes/{split}.log",
        benchmark:
            "<benchmarks>/render_notes/{split}.tsv"
        conda:
            "../envs/analysis.yaml"
        params:
            code=code_of("render_notes"),
            soundfont=config["notes"]["soundfont"],
            notes=config["notes"]["count"],
            seed=config["seed"],
        shell:
            "python scripts/render_notes.py --soundfont {params.soundfont:q} --count {params.notes}"
            " --split {wildcards.split} --seed {params.seed} --output {output:q} 2> {log:q}"

elif REMOTE_NOTES:

    rule download_notes:
        input:
            PREFLIGHT,
        output:
            protected(ARCHIVE),
        log:
            "<logs>/download_notes/{split}.log",
        benchmark:
            "<benchmarks>/download_notes/{split}.tsv"
        localrule: True
        conda:
            "../envs/analysis.yaml"
        params:
            address=address_of_archive,
            lock="config/downloads.lock.json",
        shell:
            "python scripts/download_notes.py --address {params.address:q} --lock {params.lock} --output {output:q} 2> {log:q}"


rule pack_notes:
    input:
        PREFLIGHT,
        collect(NOTE_FILES, split=NOTE_SPLITS),
    output:
        notes="<results>/notes/notes.parquet",
        tars=collect("<results>/notes/shard_{shard}.tar", shard=NOTE_SHARDS),
    log:
        "<logs>/pack_notes.log",
    benchmark:
        "<benchmarks>/pack_notes.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        code=code_of("pack_notes"),
        sources=collect(ARCHIVE, split=NOTE_SPLITS),
        splits=NOTE_SPLITS,
        per_instrument=config["notes"]["per_instrument"],
    shell:
        "python scripts/pack_notes.py --sources {params.sources:q} --splits {params.splits}"
        " --per-instrument {params.per_instrument} --notes {output.notes:q} --shards {output.tars:q} 2> {log:q}"
