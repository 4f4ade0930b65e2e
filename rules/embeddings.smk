# One job embeds some shards with all their steps: a model is loaded once a job. A manifest names a shard's tar files. That the
# deformation control is wanted is read off the outputs, so that leaving it out makes nothing stale.
rule embed_audio:
    input:
        embedder_ready,
        heard_folders,
        clips=heard_manifests,
        scaling=[],
    output:
        heard(RUN.heard_in, corpus=RUN.embedded_corpora),
    log:
        heard("embed_audio/part_{part}.log", "<logs>"),
    benchmark:
        heard("embed_audio/part_{part}.tsv", "<benchmarks>")
    priority: 1  # before more is generated: what was heard may be deleted
    conda:
        environment_of_embedder
    envmodules:
        *GPU_MODULES,
    threads: GPU_THREADS
    resources:
        mem_mb=8000,
        runtime=120,
        batch_size=config["embedding"]["batch_size"],
        device=config["device"],
        modules=LOADED_MODULES,
    params:
        **program("embed_audio"),
        **EMBEDDER,
        precision=config["models"]["precision"],
        corpus="audio",
    shell:
        "python {params.script:q} --corpus {params.corpus} --inputs {input.clips:q} --family {params.family:q}"
        " --model {params.model:q} --digest {params.clap.value:q} --scaling {input.scaling:q}"
        " --precision {params.precision} --batch-size {resources.batch_size} --device {resources.device} --threads {threads}"
        " --modules {resources.modules} --output {output:q} 2> {log:q}"


use rule embed_audio as embed_notes with:
    input:
        embedder_ready,
        clips="<results>/notes/shard_{shard}.tar",
        scaling=[],
    output:
        heard("embeddings/shards/notes_{shard}.parquet"),
    log:
        heard("embed_notes/shard_{shard}.log", "<logs>"),
    benchmark:
        heard("embed_notes/shard_{shard}.tsv", "<benchmarks>")
    params:
        **program("embed_audio"),
        **EMBEDDER,
        precision=config["models"]["precision"],
        corpus="notes",


if config["inputs"]["embeddings"]:

    include: "embeddings_import.smk"

else:

    include: "embeddings_collect.smk"
