ARCHIVE = config["notes"]["archive"] or f"{RESULTS}/notes/nsynth-{config['notes']['split']}.tar.gz"

if config["notes"]["archive"] is None:

    rule render_notes:
        output:
            ARCHIVE,
        log:
            "<logs>/render_notes.log",
        benchmark:
            "<benchmarks>/render_notes.tsv"
        conda:
            "../envs/analysis.yaml"
        params:
            code=code_of("render_notes"),
            soundfont=config["notes"]["soundfont"],
            notes=config["notes"]["count"],
            split=config["notes"]["split"],
            seed=config["seed"],
        shell:
            "python scripts/render_notes.py --soundfont {params.soundfont:q} --count {params.notes}"
            " --split {params.split} --seed {params.seed} --output {output:q} 2> {log:q}"

elif ARCHIVE.startswith(("http://", "https://")):
    ARCHIVE = f"{RESULTS}/notes/nsynth-{config['notes']['split']}.tar.gz"

    rule download_notes:
        output:
            protected(ARCHIVE),
        log:
            "<logs>/download_notes.log",
        benchmark:
            "<benchmarks>/download_notes.tsv"
        localrule: True
        conda:
            "../envs/analysis.yaml"
        params:
            address=config["notes"]["archive"],
        shell:
            "python scripts/download_notes.py --address {params.address:q} --output {output:q} 2> {log:q}"


rule pack_notes:
    input:
        ARCHIVE,
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
        mem_mb=2000,
        runtime=240,
    params:
        code=code_of("pack_notes"),
        split=config["notes"]["split"],
        per_instrument=config["notes"]["per_instrument"],
    shell:
        "python scripts/pack_notes.py --archive {input:q} --split {params.split}"
        " --per-instrument {params.per_instrument} --notes {output.notes:q} --shards {output.tars:q} 2> {log:q}"
