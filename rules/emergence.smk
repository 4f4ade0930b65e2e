rule score_audio:
    input:
        probe="<results>/concepts/{concept}/{classifier}.skops",
        embeddings=collect(
            "<results>/embeddings/{signal}/step_{step}.parquet",
            signal=SCORED,
            step=STEPS,
        ),
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
        code=code_of("score_audio"),
        classifier=address_of_classifier,
        concepts=CONCEPTS_FILE,
        concept=digest_of_concept,
        labels=config["labels"],
        original_labels=ORIGINAL_LABELS_FILE,
        original_terms=original_terms_of_concept,
    shell:
        "python scripts/score_audio.py --probe {input.probe:q} --classifier {params.classifier:q} --embeddings {input.embeddings:q}"
        " --annotations {input.annotations:q} --concepts {params.concepts} --concept {wildcards.concept}"
        " --labels {params.labels} --original-labels {params.original_labels} --output {output:q} 2> {log:q}"


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
        embeddings=collect(
            "<results>/embeddings/{signal}/step_{step}.parquet",
            signal=SCORED,
            step=STEPS,
        ),
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
        code=code_of("measure_emergence"),
        scores=scores_by_classifier,
        resamples=config["statistics"]["resamples"],
        permutations=config["statistics"]["permutations"],
        random_concepts=config["statistics"]["random_concepts"],
        seed=config["seed"],
    shell:
        "python scripts/measure_emergence.py --concept {wildcards.concept} --scores {params.scores:q}"
        " --dataset {input.dataset:q} --note-embeddings {input.note_embeddings:q} --instruments {input.instruments:q}"
        " --components {input.components:q} --embeddings {input.embeddings:q} --resamples {params.resamples}"
        " --permutations {params.permutations} --random-concepts {params.random_concepts} --seed {params.seed}"
        " --output {output.csv:q} --summary {output.summary:q} --landmarks {output.landmarks:q} 2> {log:q}"


rule collect_atlas:
    input:
        emergence=collect("<results>/concepts/{concept}/emergence.csv", concept=CONCEPTS),
        summaries=collect("<results>/concepts/{concept}/emergence.json", concept=CONCEPTS),
        landmarks=collect("<results>/concepts/{concept}/landmarks.parquet", concept=CONCEPTS),
    output:
        csv="<results>/atlas.csv",
        parquet="<results>/emergence.parquet",
        order="<results>/order.json",
    log:
        "<logs>/collect_atlas.log",
    benchmark:
        "<benchmarks>/collect_atlas.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=code_of("collect_atlas"),
    shell:
        "python scripts/collect_atlas.py --emergence {input.emergence:q} --summaries {input.summaries:q}"
        " --landmarks {input.landmarks:q} --output {output.csv:q} --parquet {output.parquet:q}"
        " --order {output.order:q} 2> {log:q}"


rule write_cards:
    input:
        atlas="<results>/atlas.csv",
        order="<results>/order.json",
        summaries=collect("<results>/concepts/{concept}/emergence.json", concept=CONCEPTS),
        reports=collect(
            "<results>/concepts/{concept}/{classifier}.json",
            concept=CONCEPTS,
            classifier=CLASSIFIERS,
        ),
        controls=collect("<results>/concepts/{concept}/controls.json", concept=CONCEPTS),
        agreement=AGREEMENT,
    output:
        collect("<results>/concepts/{concept}/card.json", concept=CONCEPTS),
    log:
        "<logs>/write_cards.log",
    benchmark:
        "<benchmarks>/write_cards.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        code=code_of("write_cards"),
        concepts=CONCEPTS_FILE,
        digests=[ALL_CONCEPTS[concept].digest for concept in CONCEPTS],
    shell:
        "python scripts/write_cards.py --atlas {input.atlas:q} --order {input.order:q} --concepts {params.concepts}"
        " --summaries {input.summaries:q} --reports {input.reports:q} --controls {input.controls:q}"
        " --agreement {input.agreement:q} --outputs {output:q} 2> {log:q}"
