rule plot_emergence:
    input:
        emergence="<results>/concepts/{concept}/emergence.csv",
        summary="<results>/concepts/{concept}/emergence.json",
        reports=collect("<results>/concepts/{{concept}}/{classifier}.json", classifier=CLASSIFIERS),
        controls="<results>/concepts/{concept}/controls.parquet",
    output:
        report(
            "<results>/concepts/{concept}/emergence.png",
            caption="../resources/captions/emergence.rst",
            category="Concepts",
            labels={"concept": "{concept}", "figure": "emergence"},
        ),
    log:
        "<logs>/plot_emergence/{concept}.log",
    benchmark:
        "<benchmarks>/plot_emergence/{concept}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_emergence"),
        styles=RUN.classifier_styles,
        reports=reports_by_classifier,
        metric=config["figures"]["metric"],
        dpi=config["figures"]["dpi"],
        note=RUN.labelled_note,
    shell:
        "python {params.script:q} --emergence {input.emergence:q} --summary {input.summary:q} --reports {params.reports:q}"
        " --controls {input.controls:q} --metric {params.metric} {params.styles} --dpi {params.dpi} --note {params.note:q}"
        " --output {output:q} 2> {log:q}"


# The point cloud is split by the first classifier that is configured.
rule plot_pca:
    input:
        dataset="<results>/concepts/{concept}/dataset.parquet",
        note_embeddings="<results>/embeddings/notes.parquet",
        embeddings=embeddings_of(RUN.signals),
        scores=f"<results>/concepts/{{concept}}/scores_{CLASSIFIERS[0]}.parquet",
        probe=f"<results>/concepts/{{concept}}/{CLASSIFIERS[0]}.skops",
    output:
        report(
            "<results>/concepts/{concept}/pca.gif",
            caption="../resources/captions/pca.rst",
            category="Concepts",
            labels={"concept": "{concept}", "figure": "point cloud"},
        ),
    log:
        "<logs>/plot_pca/{concept}.log",
    benchmark:
        "<benchmarks>/plot_pca/{concept}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_pca"),
        classifier=RUN.classifiers[CLASSIFIERS[0]].address,
        points=config["figures"]["pca_points"],
        frame_ms=config["figures"]["gif_frame_ms"],
        seed=config["seed"],
        note=RUN.labelled_note,
    shell:
        "python {params.script:q} --dataset {input.dataset:q} --note-embeddings {input.note_embeddings:q}"
        " --embeddings {input.embeddings:q} --scores {input.scores:q} --probe {input.probe:q}"
        " --classifier {params.classifier:q} --points {params.points}"
        " --frame-ms {params.frame_ms} --seed {params.seed} --note {params.note:q} --output {output:q} 2> {log:q}"


rule plot_atlas:
    input:
        "<results>/atlas.csv",
    output:
        report(
            "<results>/atlas.png",
            caption="../resources/captions/atlas.rst",
            category="All concepts",
            labels={"figure": "atlas"},
        ),
    log:
        "<logs>/plot_atlas.log",
    benchmark:
        "<benchmarks>/plot_atlas.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_atlas"),
        metric=config["figures"]["metric"],
        dpi=config["figures"]["dpi"],
        note=RUN.labelled_note,
    shell:
        "python {params.script:q} --atlas {input:q} --metric {params.metric} --dpi {params.dpi}"
        " --note {params.note:q} --output {output:q} 2> {log:q}"


rule plot_order:
    input:
        atlas="<results>/atlas.csv",
        order="<results>/order.json",
    output:
        report(
            "<results>/order.png",
            caption="../resources/captions/order.rst",
            category="All concepts",
            labels={"figure": "order"},
        ),
    log:
        "<logs>/plot_order.log",
    benchmark:
        "<benchmarks>/plot_order.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_order"),
        styles=RUN.classifier_styles,
        dpi=config["figures"]["dpi"],
        note=RUN.models_note,
    shell:
        "python {params.script:q} --atlas {input.atlas:q} --order {input.order:q} {params.styles} --dpi {params.dpi}"
        " --note {params.note:q} --output {output:q} 2> {log:q}"


rule plot_distances:
    input:
        embeddings_of(RUN.signals),
    output:
        report(
            "<results>/distances.png",
            caption="../resources/captions/distances.rst",
            category="All concepts",
            labels={"figure": "distances"},
        ),
    log:
        "<logs>/plot_distances.log",
    benchmark:
        "<benchmarks>/plot_distances.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_distances"),
        dpi=config["figures"]["dpi"],
        note=RUN.models_note,
    shell:
        "python {params.script:q} --embeddings {input:q} --dpi {params.dpi} --note {params.note:q}"
        " --output {output:q} 2> {log:q}"
