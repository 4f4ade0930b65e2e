rule plot_emergence:
    input:
        emergence="<results>/{ear}concepts/{concept}/emergence.csv",
        summary="<results>/{ear}concepts/{concept}/emergence.json",
        reports=collect("<results>/{{ear}}concepts/{{concept}}/{classifier}.json", classifier=CLASSIFIERS),
        controls="<results>/{ear}concepts/{concept}/controls.parquet",
        outside=outside_of_embedder,
    output:
        figure("<results>/{ear}concepts/{concept}/emergence", "emergence", category="Concepts", concept="{concept}"),
    log:
        "<logs>/{ear}plot_emergence/{concept}.log",
    benchmark:
        "<benchmarks>/{ear}plot_emergence/{concept}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_emergence"),
        styles=RUN.classifier_styles,
        reports=reports_by_classifier,
        metric=config["figures"]["metric"],
        look=LOOK,
        note=labelled_note_of_embedder,
    shell:
        "python {params.script:q} --emergence {input.emergence:q} --summary {input.summary:q} --reports {params.reports:q}"
        " --controls {input.controls:q} --metric {params.metric} {params.styles} {params.look} --note {params.note:q}"
        " --outside {input.outside:q} --output {output:q} 2> {log:q}"


rule plot_rates:
    input:
        emergence="<results>/{ear}concepts/{concept}/emergence.csv",
        reports=collect("<results>/{{ear}}concepts/{{concept}}/{classifier}.json", classifier=CLASSIFIERS),
    output:
        figure("<results>/{ear}concepts/{concept}/rates", "rates", category="Concepts", concept="{concept}"),
    log:
        "<logs>/{ear}plot_rates/{concept}.log",
    benchmark:
        "<benchmarks>/{ear}plot_rates/{concept}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_rates"),
        styles=RUN.classifier_styles,
        reports=reports_by_classifier,
        look=LOOK,
        note=labelled_note_of_embedder,
    shell:
        "python {params.script:q} --emergence {input.emergence:q} --reports {params.reports:q} {params.styles}"
        " {params.look} --note {params.note:q} --output {output:q} 2> {log:q}"


# The point cloud is split by the first classifier that is configured.
rule plot_pca:
    input:
        dataset="<results>/concepts/{concept}/dataset.parquet",
        note_embeddings="<results>/{ear}embeddings/notes.parquet",
        embeddings=embeddings_of(RUN.animated_signals),
        scores=f"<results>/{{ear}}concepts/{{concept}}/scores_{CLASSIFIERS[0]}.parquet",
        probe=f"<results>/{{ear}}concepts/{{concept}}/{CLASSIFIERS[0]}.skops",
    output:
        still=figure("<results>/{ear}concepts/{concept}/pca", "pca", category="Concepts", concept="{concept}"),
        animation=report(
            "<results>/{ear}concepts/{concept}/pca.gif",
            caption="../resources/captions/pca.rst",
            category="Concepts",
            labels={"concept": "{concept}", "figure": "point cloud"},
        ),
    log:
        "<logs>/{ear}plot_pca/{concept}.log",
    benchmark:
        "<benchmarks>/{ear}plot_pca/{concept}.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_pca"),
        classifier=RUN.classifiers[CLASSIFIERS[0]].address,
        points=config["figures"]["pca_points"],
        frame_ms=config["figures"]["gif_frame_ms"],
        seed=config["seed"],
        look=LOOK,
        note=labelled_note_of_embedder,
    shell:
        "python {params.script:q} --dataset {input.dataset:q} --note-embeddings {input.note_embeddings:q}"
        " --embeddings {input.embeddings:q} --scores {input.scores:q} --probe {input.probe:q}"
        " --classifier {params.classifier:q} --points {params.points}"
        " --frame-ms {params.frame_ms} --seed {params.seed} --animation {output.animation:q} {params.look} --note {params.note:q}"
        " --output {output.still:q} 2> {log:q}"


rule plot_atlas:
    input:
        atlas="<results>/{ear}atlas.csv",
        order="<results>/{ear}order.json",
        outside=outside_of_embedder,
    output:
        figure("<results>/{ear}atlas", "atlas"),
    log:
        "<logs>/{ear}plot_atlas.log",
    benchmark:
        "<benchmarks>/{ear}plot_atlas.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_atlas"),
        metric=config["figures"]["metric"],
        look=LOOK,
        note=labelled_note_of_embedder,
    shell:
        "python {params.script:q} --atlas {input.atlas:q} --order {input.order:q} --metric {params.metric} {params.look}"
        " --note {params.note:q} --outside {input.outside:q} --output {output:q} 2> {log:q}"


rule plot_order:
    input:
        atlas="<results>/{ear}atlas.csv",
        order="<results>/{ear}order.json",
    output:
        figure("<results>/{ear}order", "order"),
    log:
        "<logs>/{ear}plot_order.log",
    benchmark:
        "<benchmarks>/{ear}plot_order.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_order"),
        styles=RUN.classifier_styles,
        look=LOOK,
        note=models_note_of_embedder,
    shell:
        "python {params.script:q} --atlas {input.atlas:q} --order {input.order:q} {params.styles} {params.look}"
        " --note {params.note:q} --output {output:q} 2> {log:q}"


rule plot_distances:
    input:
        embeddings_of(RUN.signals),
    output:
        figure("<results>/{ear}distances", "distances"),
    log:
        "<logs>/{ear}plot_distances.log",
    benchmark:
        "<benchmarks>/{ear}plot_distances.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("plot_distances"),
        look=LOOK,
        note=models_note_of_embedder,
    shell:
        "python {params.script:q} --embeddings {input:q} {params.look} --note {params.note:q}"
        " --output {output:q} 2> {log:q}"
