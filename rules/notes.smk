NOTE_SPLITS = config["notes"]["splits"]
if config["notes"]["archive"] is None or config["notes"]["archive"].startswith(("http://", "https://")):
    ARCHIVE = f"{RESULTS}/notes/nsynth-{{split}}.tar.gz"
else:
    ARCHIVE = config["notes"]["archive"]

if config["notes"]["archive"] is None:

    rule render_notes:
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

elif ARCHIVE != config["notes"]["archive"]:

    rule download_notes:
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
            address=config["notes"]["archive"],
        shell:
            "python scripts/download_notes.py --address {params.address:q} --output {output:q} 2> {log:q}"


rule pack_notes:
    input:
        collect(ARCHIVE, split=NOTE_SPLITS),
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
        splits=NOTE_SPLITS,
        per_instrument=config["notes"]["per_instrument"],
    shell:
        "python scripts/pack_notes.py --sources {input:q} --splits {params.splits}"
        " --per-instrument {params.per_instrument} --notes {output.notes:q} --shards {output.tars:q} 2> {log:q}"
