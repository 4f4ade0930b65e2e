# A second opinion in which no probe has a part: the names that an embedder was itself trained to give, read off the embeddings that
# it has made. Nothing is heard again, and one job measures all concepts whose aspects such names say.
# The parts hold what the embedder gave; what was collected of them, which says which levels there are, may be scaled.
rule tag_audio:
    input:
        embedder_ready,
        parts=[
            *heard(RUN.heard_in, corpus=RUN.embedded_corpora, part=parts_of(RUN.shards, RUN.shards_heard)),
            *heard("embeddings/shards/{corpus}_{shard}.parquet", corpus=RUN.renoised, shard=RUN.shards),
        ],
        embeddings=embeddings_of(RUN.scored_signals),
    output:
        heard("tags.parquet"),
    log:
        heard("tag_audio.log", "<logs>"),
    benchmark:
        heard("tag_audio.tsv", "<benchmarks>")
    wildcard_constraints:
        ear=TAGGING,
    conda:
        environment_of_embedder
    params:
        **program("tag_audio"),
        tagger=tagger_of_embedder,
        tagger_code=code_of_tagger,
        family=EMBEDDER["family"],
        model=EMBEDDER["model"],
        clap=EMBEDDER["clap"],
    shell:
        "python {params.script:q} --family {params.family:q} --tagger {params.tagger:q} --model {params.model:q}"
        " --digest {params.clap.value:q} --parts {input.parts:q} --embeddings {input.embeddings:q} --output {output:q} 2> {log:q}"


rule measure_tags:
    input:
        tags=heard("tags.parquet"),
        scores=scores_of_tagged,
    output:
        csv=heard("tags.csv"),
        summary=heard("tags.json"),
    log:
        heard("measure_tags.log", "<logs>"),
    benchmark:
        heard("measure_tags.tsv", "<benchmarks>")
    wildcard_constraints:
        ear=TAGGING,
    conda:
        "../envs/analysis.yaml"
    params:
        **program("measure_tags"),
        embedder=name_of_embedder,
        asked=tags_of_concepts,
        scores=scores_by_concept,
        resamples=config["statistics"]["resamples"],
        permutations=config["statistics"]["permutations"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --embedder {params.embedder:q} --tags {input.tags:q} --asked {params.asked:q}"
        " --scores {params.scores:q} --resamples {params.resamples} --permutations {params.permutations}"
        " --seed {params.seed} --output {output.csv:q} --summary {output.summary:q} 2> {log:q}"
