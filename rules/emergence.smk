rule score_audio:
    input:
        probe="<results>/concepts/{concept}/{classifier}.skops",
        embeddings=embeddings_of(RUN.scored_signals),
        annotations="<results>/prompts/annotations.parquet",
    output:
        "<results>/concepts/{concept}/scores_{classifier}.parquet",
    log:
        "<logs>/score_audio/{concept}.{classifier}.log",
    benchmark:
        "<benchmarks>/score_audio/{concept}.{classifier}.tsv"
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
    shell:
        "python {params.script:q} --probe {input.probe:q} --classifier {params.classifier:q}"
        " --embeddings {input.embeddings:q}"
        " --annotations {input.annotations:q} --concepts {params.concepts:q} --concept {wildcards.concept}"
        " --labels {params.labels} --original-labels {params.original_labels:q} --output {output:q} 2> {log:q}"


rule measure_emergence:
    input:
        scores=collect(
            "<results>/concepts/{{concept}}/scores_{classifier}.parquet",
            classifier=CLASSIFIERS,
        ),
        dataset="<results>/concepts/{concept}/dataset.parquet",
        note_embeddings="<results>/embeddings/notes.parquet",
        instruments="<results>/embeddings/instruments.parquet",
        components="<results>/embeddings/components.parquet",
        embeddings=embeddings_of(RUN.scored_signals),
    output:
        csv="<results>/concepts/{concept}/emergence.csv",
        summary="<results>/concepts/{concept}/emergence.json",
        landmarks="<results>/concepts/{concept}/landmarks.parquet",
    log:
        "<logs>/measure_emergence/{concept}.log",
    benchmark:
        "<benchmarks>/measure_emergence/{concept}.tsv"
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
        "python {params.script:q} --concept {wildcards.concept} --scores {params.scores:q}"
        " --dataset {input.dataset:q} --note-embeddings {input.note_embeddings:q} --instruments {input.instruments:q}"
        " --components {input.components:q} --embeddings {input.embeddings:q} --resamples {params.resamples}"
        " --permutations {params.permutations} --random-concepts {params.random_concepts} --seed {params.seed}"
        " --output {output.csv:q} --summary {output.summary:q} --landmarks {output.landmarks:q} 2> {log:q}"


rule collect_atlas:
    input:
        emergence=collect("<results>/concepts/{concept}/emergence.csv", concept=RUN.concepts),
        summaries=collect("<results>/concepts/{concept}/emergence.json", concept=RUN.concepts),
        landmarks=collect("<results>/concepts/{concept}/landmarks.parquet", concept=RUN.concepts),
    output:
        csv="<results>/atlas.csv",
        parquet="<results>/emergence.parquet",
        order="<results>/order.json",
    log:
        "<logs>/collect_atlas.log",
    benchmark:
        "<benchmarks>/collect_atlas.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("collect_atlas"),
    shell:
        "python {params.script:q} --emergence {input.emergence:q} --summaries {input.summaries:q}"
        " --landmarks {input.landmarks:q} --output {output.csv:q} --parquet {output.parquet:q}"
        " --order {output.order:q} 2> {log:q}"


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
        " --agreement {input.agreement:q} --outputs {output:q} 2> {log:q}"
