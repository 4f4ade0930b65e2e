rule score_audio:
    input:
        probe=heard("concepts/{concept}/{classifier}.skops"),
        embeddings=embeddings_of(RUN.scored_signals),
        annotations="<results>/prompts/annotations.parquet",
        prompts=prompts_of_own_aspects,
    output:
        heard("concepts/{concept}/scores_{classifier}.parquet"),
    log:
        heard("score_audio/{concept}.{classifier}.log", "<logs>"),
    benchmark:
        heard("score_audio/{concept}.{classifier}.tsv", "<benchmarks>")
    conda:
        "../envs/analysis.yaml"
    params:
        **program("score_audio"),
        classifier=address_of_classifier,
        concepts=RUN.concepts_file,
        concept=digest_of_concept,
        labels=config["labels"],
        original_labels=RUN.original_labels_file,
        original_terms=original_terms_of_concept,
        leave_out=options_of_left_out(set(range(config["prompts"]["count"]))),
        equal=options_of_equal_prompts(),
    shell:
        "python {params.script:q} --probe {input.probe:q} --classifier {params.classifier:q} --name {wildcards.classifier:q}"
        " --embeddings {input.embeddings:q}"
        " --annotations {input.annotations:q} --prompts {input.prompts:q} --concepts {params.concepts:q} --concept {wildcards.concept:q}"
        " --labels {params.labels} --original-labels {params.original_labels:q} {params.leave_out}"
        " {params.equal} --output {output:q} 2> {log:q}"


rule measure_emergence:
    input:
        scores=heard(
            "concepts/{concept}/scores_{classifier}.parquet",
            classifier=CLASSIFIERS,
        ),
        dataset="<results>/concepts/{concept}/dataset.parquet",
        note_embeddings=heard("embeddings/notes.parquet"),
        instruments=heard("embeddings/instruments.parquet"),
        components=heard("embeddings/components.parquet"),
        embeddings=embeddings_of(RUN.scored_signals),
    output:
        csv=heard("concepts/{concept}/emergence.csv"),
        summary=heard("concepts/{concept}/emergence.json"),
        landmarks=heard("concepts/{concept}/landmarks.parquet"),
    log:
        heard("measure_emergence/{concept}.log", "<logs>"),
    benchmark:
        heard("measure_emergence/{concept}.tsv", "<benchmarks>")
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=2000,
    params:
        **program("measure_emergence"),
        scores=scores_by_classifier,
        resamples=config["statistics"]["resamples"],
        permutations=config["statistics"]["permutations"],
        random_concepts=config["statistics"]["random_concepts"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --concept {wildcards.concept:q} --scores {params.scores:q}"
        " --dataset {input.dataset:q} --note-embeddings {input.note_embeddings:q} --instruments {input.instruments:q}"
        " --components {input.components:q} --embeddings {input.embeddings:q} --resamples {params.resamples}"
        " --permutations {params.permutations} --random-concepts {params.random_concepts} --seed {params.seed}"
        " --output {output.csv:q} --summary {output.summary:q} --landmarks {output.landmarks:q} 2> {log:q}"


rule collect_atlas:
    input:
        emergence=heard("concepts/{concept}/emergence.csv", concept=RUN.concepts),
        summaries=heard("concepts/{concept}/emergence.json", concept=RUN.concepts),
        landmarks=heard("concepts/{concept}/landmarks.parquet", concept=RUN.concepts),
        reports=heard(
            "concepts/{concept}/{classifier}.json",
            concept=RUN.concepts,
            classifier=CLASSIFIERS,
        ),
        scores=heard(f"concepts/{{concept}}/scores_{CLASSIFIERS[0]}.parquet", concept=RUN.concepts),
    output:
        csv=heard("atlas.csv"),
        parquet=heard("emergence.parquet"),
        order=heard("order.json"),
        co_labels=heard("co_labels.csv"),
    log:
        heard("collect_atlas.log", "<logs>"),
    benchmark:
        heard("collect_atlas.tsv", "<benchmarks>")
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("collect_atlas"),
    shell:
        "python {params.script:q} --emergence {input.emergence:q} --summaries {input.summaries:q}"
        " --landmarks {input.landmarks:q} --reports {input.reports:q} --scores {input.scores:q}"
        " --output {output.csv:q} --parquet {output.parquet:q}"
        " --order {output.order:q} --co-labels {output.co_labels:q} 2> {log:q}"


# Of a run with several embedders: whether the others say the same as its own.
rule compare_embedders:
    input:
        atlases=collect("<results>/{ear}atlas.csv", ear=RUN.ears),
        scores=collect(
            "<results>/{ear}concepts/{concept}/scores_{classifier}.parquet",
            ear=RUN.ears,
            concept=RUN.concepts,
            classifier=CLASSIFIERS,
        ),
    output:
        "<results>/comparison/embedders.json",
    log:
        "<logs>/compare_embedders.log",
    benchmark:
        "<benchmarks>/compare_embedders.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("compare_embedders"),
        embedders=[ear.name for ear in RUN.ears.values()],
        concepts=RUN.concepts,
        classifiers=CLASSIFIERS,
    shell:
        "python {params.script:q} --embedders {params.embedders:q} --concepts {params.concepts:q}"
        " --classifiers {params.classifiers:q} --atlases {input.atlases:q} --scores {input.scores:q}"
        " --output {output:q} 2> {log:q}"


rule write_cards:
    input:
        atlas="<results>/atlas.csv",
        order="<results>/order.json",
        summaries=collect("<results>/concepts/{concept}/emergence.json", concept=RUN.concepts),
        reports=collect(
            "<results>/concepts/{concept}/{classifier}.json",
            concept=RUN.concepts,
            classifier=CLASSIFIERS,
        ),
        controls=collect("<results>/concepts/{concept}/controls.json", concept=RUN.concepts),
        agreement=RUN.agreement,
        outside=RUN.outside,
        tags=collect("<results>/{ear}tags.json", ear=TAGGED),
    output:
        collect("<results>/concepts/{concept}/card.json", concept=RUN.concepts),
    log:
        "<logs>/write_cards.log",
    benchmark:
        "<benchmarks>/write_cards.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("write_cards"),
        concepts=RUN.concepts_file,
        digests=[digest_of(concept) for concept in RUN.concepts],
    shell:
        "python {params.script:q} --atlas {input.atlas:q} --order {input.order:q} --concepts {params.concepts:q}"
        " --summaries {input.summaries:q} --reports {input.reports:q} --controls {input.controls:q}"
        " --agreement {input.agreement:q} --outside {input.outside:q} --tags {input.tags:q}"
        " --outputs {output:q} 2> {log:q}"
