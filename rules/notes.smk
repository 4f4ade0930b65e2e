NOTE_SPLITS = config["notes"]["splits"]
if config["inputs"]["notes"] is None or section.is_address(config["inputs"]["notes"]):
    ARCHIVE = f"{RUN.results}/notes/nsynth-{{split}}.tar.gz"
else:
    ARCHIVE = config["inputs"]["notes"]
DOWNLOADS = {}
if section.is_address(config["inputs"]["notes"]):
    DOWNLOADS = dict(zip(expand(ARCHIVE, split=NOTE_SPLITS), expand(config["inputs"]["notes"], split=NOTE_SPLITS)))
# An address may hold a password: the jobs that download, which are local, find it in their environment.
NOTES_ADDRESSES = {target: f"NOTES_ADDRESS_{number}" for number, target in enumerate(DOWNLOADS)}
os.environ |= {name: DOWNLOADS[target] for target, name in NOTES_ADDRESSES.items()}
NOTE_FILES = [ARCHIVE]
if Path(ARCHIVE.replace("{split}", NOTE_SPLITS[0])).is_dir():
    NOTE_FILES = [f"{ARCHIVE}/examples.json", f"{ARCHIVE}/audio"]

if config["inputs"]["notes"] is None:

    rule render_notes:
        input:
            FIRST_CHECK,
        output:
            ARCHIVE,
        log:
            "<logs>/render_notes/{split}.log",
        benchmark:
            "<benchmarks>/render_notes/{split}.tsv"
        conda:
            "../envs/analysis.yaml"
        params:
            **program("render_notes"),
            soundfont=config["notes"]["soundfont"],
            notes=config["notes"]["count"],
            seed=config["seed"],
        shell:
            "python {params.script:q} --soundfont {params.soundfont:q} --count {params.notes}"
            " --split {wildcards.split:q} --seed {params.seed} --output {output:q} 2> {log:q}"

elif DOWNLOADS:

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
            script=script_of("download_notes"),
            address=lambda wildcards: NOTES_ADDRESSES[ARCHIVE.replace("{split}", wildcards.split)],
            shown=lambda wildcards: shown(DOWNLOADS[ARCHIVE.replace("{split}", wildcards.split)]),
            lock="config/downloads.lock.json",
        shell:
            "python {params.script:q} --address {params.address:q} --lock {params.lock:q} --output {output:q} 2> {log:q}"


rule pack_notes:
    input:
        FIRST_CHECK,
        collect(NOTE_FILES, split=NOTE_SPLITS),
    output:
        notes="<results>/notes/notes.parquet",
        tars=collect("<results>/notes/shard_{shard}.tar", shard=RUN.note_shards),
    log:
        "<logs>/pack_notes.log",
    benchmark:
        "<benchmarks>/pack_notes.tsv"
    conda:
        "../envs/analysis.yaml"
    threads: 4 if RUN.downloads_notes else 1
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        **program("pack_notes"),
        sources=collect(ARCHIVE, split=NOTE_SPLITS),
        splits=NOTE_SPLITS,
        per_instrument=config["notes"]["per_instrument"],
    shell:
        "python {params.script:q} --sources {params.sources:q} --splits {params.splits}"
        " --per-instrument {params.per_instrument} --notes {output.notes:q} --shards {output.tars:q}"
        " --threads {threads} 2> {log:q}"
