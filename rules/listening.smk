# What is heard and shown of a run: its card, the curves of people who listened blindly, and the listening page.
# It records when, from which commit and by which command it was written: none is a parameter, for a commit or another name of
# the configuration file alone makes no result stale.
rule write_run_card:
    input:
        emergence="<results>/emergence.parquet",
        notes=notes_table(),
        manifests=collect("<results>/audio/shard_{shard}.json", shard=RUN.shards) if GIVEN_CLIPS else [],
    output:
        card="<results>/run.json",
        readme="<results>/README.md",
    log:
        "<logs>/write_run_card.log",
    benchmark:
        "<benchmarks>/write_run_card.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        command=command_again(),
    params:
        **program("write_run_card"),
        configuration=recorded_configuration,
        licences=json.dumps({ear.model: ear.licence for ear in RUN.ears.values() if ear.licence}),
        prompts=config["prompts"]["count"],
        clips=clips_on_card(),
    shell:
        "python {params.script:q} --configuration {params.configuration:q} --command {resources.command:q}"
        " --emergence {input.emergence:q} --prompts {params.prompts} --notes {input.notes:q} --clips {params.clips} --manifests {input.manifests:q}"
        " --licences {params.licences:q} --readme {output.readme:q} --output {output.card:q} 2> {log:q}"


rule measure_listeners:
    input:
        config["inputs"]["listeners"] or [],
    output:
        "<results>/listeners.csv",
    log:
        "<logs>/measure_listeners.log",
    benchmark:
        "<benchmarks>/measure_listeners.tsv"
    localrule: True
    conda:
        "../envs/analysis.yaml"
    params:
        **program("measure_listeners"),
        concepts=RUN.concepts,
        resamples=config["statistics"]["resamples"],
        seed=config["seed"],
    shell:
        "python {params.script:q} --listeners {input:q} --concepts {params.concepts:q}"
        " --resamples {params.resamples} --seed {params.seed} --output {output:q} 2> {log:q}"


# The tar files are inputs so that they are there; the script finds the clips that it needs below their folders.
rule write_listening_page:
    input:
        unpack(read_by_page),
        clips_of_page,
        emergence="<results>/emergence.parquet",
        order="<results>/order.json",
        annotations="<results>/prompts/annotations.parquet",
        run="<results>/run.json",
    output:
        page=report(
            "<results>/listen/index.html",
            caption="../resources/captions/listen.rst",
            category="Listen",
            labels={"what": "listening page"},
        ),
        clips=directory("<results>/listen/clips"),
    log:
        "<logs>/write_listening_page.log",
    benchmark:
        "<benchmarks>/write_listening_page.tsv"
    conda:
        "../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        **program("write_listening_page"),
        template=Digest("listening template", model_digest(ROOT / "resources/listening")),
        resources=ROOT / "resources/listening",
        folders=heard_folders(),
        concepts_file=RUN.concepts_file,
        concepts=RUN.concepts,
        shown=options(config["listening"]),
        outside=[f"{RUN.ears[place].name}={RUN.results}/{place.rstrip('/')}" for place in OTHER_EARS],
    shell:
        "python {params.script:q} --concepts-file {params.concepts_file:q}"
        " --concepts {params.concepts:q} --emergence {input.emergence:q} --order {input.order:q} --texts {input.prompts:q}"
        " --annotations {input.annotations:q} --run-card {input.run:q} --scores {input.scores:q} --cards {input.cards:q}"
        " --controls {input.controls:q} --contents {input.contents:q} --datasets {input.datasets:q} {params.folders}"
        " --switching {input.switching:q} --notes {input.notes:q} --note-shards {input.note_shards:q}"
        " --listeners {input.listeners:q} --outside {params.outside:q} --comparison {input.comparison:q}"
        " {params.shown} --resources {params.resources:q}"
        " --page {output.page:q} --clips {output.clips:q} 2> {log:q}"
