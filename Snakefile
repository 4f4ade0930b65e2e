# Musicologist: when does a concept emerge while a diffusion model turns noise into music?
#
# results/RUN/
# ├── prompts/            batch_0000.jsonl …, prompts.parquet, annotations.parquet, answers/ (of language models), agreement.csv
# ├── audio/              shard_0000.json …, SIGNAL/step_00/shard_0000.tar …
# ├── notes/              notes.parquet, shard_0000.tar …
# ├── embeddings/         notes.parquet, SIGNAL/step_00.parquet …, shards/
# ├── acoustics/          audio.parquet, notes.parquet, shards/
# ├── concepts/CONCEPT/   dataset.parquet, CLASSIFIER.skops, scores_CLASSIFIER.parquet, emergence.csv, emergence.png, pca.gif
# │                       emergence.json, landmarks.parquet, card.json, controls.parquet, controls.json, content.parquet
# ├── unconditional/, branches/                 clips without prompts; clips of `snakemake commitment`
# ├── atlas.csv, emergence.parquet, order.json, atlas.png, order.png, distances.png, commitment.csv, commitment.png
# ├── listen/index.html (and clips/), run.json, listeners.csv where people listened
# └── models/             what `snakemake train_models` writes
#
# snakemake --cores 2                                                 everything
# snakemake --cores 2 results/demo/concepts/is_brass/emergence.png    one concept's plot
# snakemake -n                                                        what is stale, and why
from snakemake.utils import min_version

min_version("9.27")


# Another configuration file replaces the embedded default; it is not laid over it.
if not workflow.overwrite_configfiles:

    configfile: workflow.current_basedir.join("config/config.yaml").get_path_or_uri(secret_free=True)


include: "rules/common.smk"
include: "rules/parameters.smk"
include: "rules/wildcards.smk"
include: "rules/inputs.smk"
include: "rules/prompts.smk"
include: "rules/audio_import.smk" if config["inputs"]["audio"] else "rules/audio_generate.smk"
include: "rules/notes.smk"
include: "rules/embeddings.smk"
include: "rules/controls.smk"
include: "rules/probes.smk"
include: "rules/emergence.smk"
include: "rules/commitment.smk"
include: "rules/figures.smk"
include: "rules/listening_parts.smk"
include: "rules/listening.smk"
include: "rules/models.smk"


if PREFLIGHT:

    include: "rules/downloads.smk"


onstart:
    check_key()
    checked(
        configuration.check_arrays,
        workflow.executor_plugin.name,
        getattr(workflow.executor_settings, "array_jobs", None),
    )
    configuration.record(f"{RUN.results}/inputs.json", RUN.inputs)


# Snakemake starts no handler of a module: the caller's starts this one, unless it stands below the module.
if IS_MODULE:
    workflow._onstart = lambda log, of_caller=workflow._onstart: (onstart(), of_caller(log))


rule all:
    default_target: True
    input:
        "<results>/atlas.png",
        "<results>/order.png",
        "<results>/distances.png",
        collect(
            "<results>/concepts/{concept}/{figure}",
            concept=RUN.concepts,
            figure=["emergence.png", "pca.gif", "card.json"],
        ),
        "<results>/run.json",
        "<results>/listen/index.html",
        RUN.agreement,
        RUN.commitment_figure,
    localrule: True


rule train_models:
    input:
        "<results>/models/clap",
        f"<results>/models/diffusion_{LAST_SITTING}",
    localrule: True
