# One job embeds a shard with all its steps: a model is loaded once a job. The manifest names the shard's tar files.
rule embed_audio:
    input:
        "<results>/audio/shard_{shard}.json",
    output:
        "<results>/embeddings/shards/audio_{shard}.parquet",
    log:
        "<logs>/embed_audio/shard_{shard}.log",
    benchmark:
        "<benchmarks>/embed_audio/shard_{shard}.tsv"
    conda:
        "../envs/clap.yaml"
    envmodules:
        *GPU_MODULES,
    threads: 1
    resources:
        mem_mb=8000,
        runtime=120,
        batch_size=config["embedding"]["batch_size"],
        device=config["device"],
        modules=LOADED_MODULES,
    params:
        code=code_of("embed_audio"),
        corpus="audio",
        model=config["models"]["clap"],
        digest=digest_of_model(config["models"]["clap"]),
    shell:
        "python scripts/embed_audio.py --corpus {params.corpus} --input {input:q} --model {params.model:q}"
        " --digest {params.digest:q} --batch-size {resources.batch_size} --device {resources.device}"
        " --modules {resources.modules} --output {output:q} 2> {log:q}"


use rule embed_audio as embed_notes with:
    input:
        "<results>/notes/shard_{shard}.tar",
    output:
        "<results>/embeddings/shards/notes_{shard}.parquet",
    log:
        "<logs>/embed_notes/shard_{shard}.log",
    benchmark:
        "<benchmarks>/embed_notes/shard_{shard}.tsv"
    params:
        code=code_of("embed_audio"),
        corpus="notes",
        model=config["models"]["clap"],
        digest=digest_of_model(config["models"]["clap"]),


# The tar files are inputs so that a step added to the configuration is generated before it is collected.
rule collect_embeddings:
    input:
        parts=collect("<results>/embeddings/shards/audio_{shard}.parquet", shard=SHARDS),
        tars=collect(
            "<results>/audio/{signal}/step_{step}/shard_{shard}.tar",
            signal=SIGNALS,
            step=STEPS,
            shard=SHARDS,
        ),
    output:
        collect(
            "<results>/embeddings/{signal}/step_{step}.parquet",
            signal=SIGNALS,
            step=STEPS,
        ),
    log:
        "<logs>/collect_embeddings.log",
    benchmark:
        "<benchmarks>/collect_embeddings.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=code_of("collect_embeddings"),
    shell:
        "python scripts/collect_embeddings.py --parts {input.parts:q} --outputs {output:q} 2> {log:q}"


rule collect_note_embeddings:
    input:
        collect("<results>/embeddings/shards/notes_{shard}.parquet", shard=NOTE_SHARDS),
    output:
        "<results>/embeddings/notes.parquet",
    log:
        "<logs>/collect_note_embeddings.log",
    benchmark:
        "<benchmarks>/collect_note_embeddings.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=code_of("collect_note_embeddings"),
    shell:
        "python scripts/collect_note_embeddings.py --parts {input:q} --output {output:q} 2> {log:q}"
