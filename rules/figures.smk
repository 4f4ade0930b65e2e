rule plot_emergence:
    input:
        emergence=heard("concepts/{concept}/emergence.csv"),
        summary=heard("concepts/{concept}/emergence.json"),
        reports=heard("concepts/{concept}/{classifier}.json", classifier=CLASSIFIERS),
        controls=heard("concepts/{concept}/controls.parquet"),
        outside=outside_of_embedder,
    output:
        figure(heard("concepts/{concept}/emergence"), "emergence", category="Concepts", concept="{concept}"),
    log:
        heard("plot_emergence/{concept}.log", "<logs>"),
    benchmark:
        heard("plot_emergence/{concept}.tsv", "<benchmarks>")
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
        emergence=heard("concepts/{concept}/emergence.csv"),
        reports=heard("concepts/{concept}/{classifier}.json", classifier=CLASSIFIERS),
    output:
        figure(heard("concepts/{concept}/rates"), "rates", category="Concepts", concept="{concept}"),
    log:
        heard("plot_rates/{concept}.log", "<logs>"),
    benchmark:
        heard("plot_rates/{concept}.tsv", "<benchmarks>")
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
        note_embeddings=heard("embeddings/notes.parquet"),
        embeddings=embeddings_of(RUN.animated_signals),
        scores=heard(f"concepts/{{concept}}/scores_{CLASSIFIERS[0]}.parquet"),
        probe=heard(f"concepts/{{concept}}/{CLASSIFIERS[0]}.skops"),
    output:
        still=figure(heard("concepts/{concept}/pca"), "pca", category="Concepts", concept="{concept}"),
        animation=report(
            heard("concepts/{concept}/pca.gif"),
            caption="../resources/captions/pca.rst",
            category="Concepts",
            labels={"concept": "{concept}", "figure": "point cloud"},
        ),
    log:
        heard("plot_pca/{concept}.log", "<logs>"),
    benchmark:
        heard("plot_pca/{concept}.tsv", "<benchmarks>")
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
        atlas=heard("atlas.csv"),
        order=heard("order.json"),
        outside=outside_of_embedder,
    output:
        figure(heard("atlas"), "atlas"),
    log:
        heard("plot_atlas.log", "<logs>"),
    benchmark:
        heard("plot_atlas.tsv", "<benchmarks>")
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
        atlas=heard("atlas.csv"),
        order=heard("order.json"),
    output:
        figure(heard("order"), "order"),
    log:
        heard("plot_order.log", "<logs>"),
    benchmark:
        heard("plot_order.tsv", "<benchmarks>")
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
        figure(heard("distances"), "distances"),
    log:
        heard("plot_distances.log", "<logs>"),
    benchmark:
        heard("plot_distances.tsv", "<benchmarks>")
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
