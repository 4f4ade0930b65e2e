# Musicologist: when does a concept emerge while a diffusion model turns noise into music?
#
# results/RUN/
# ├── prompts/            batch_0000.jsonl …, prompts.parquet, annotations.parquet, labels.csv, answers/, agreement.csv
# ├── audio/              shard_0000.json …, SIGNAL/step_00/shard_0000.tar …, all_levels (a mark), latents/ (finished, or of all levels), information/
# ├── notes/              notes.parquet, shard_0000.tar …
# ├── embeddings/         notes.parquet, SIGNAL/step_00.parquet …, shards/
# ├── acoustics/          audio.parquet, notes.parquet, parts/
# ├── concepts/CONCEPT/   dataset.parquet, CLASSIFIER.skops, scores_CLASSIFIER.parquet, emergence.csv, emergence.png, pca.gif
# │                       rates.png, pca.png, emergence.json, landmarks.parquet, card.json, controls.parquet, controls.json, content.parquet
# ├── embedders/NAME/     the same of another embedder of models.embedders: embeddings/, concepts/, atlas.csv, order.json
# │                       tags.parquet, tags.csv, tags.json where it has names of its own for what it hears
# ├── comparison/         embedders.json: whether the others agree; landmarks.csv, landmarks.json, landmarks.png: when
# ├── unconditional/, branches/, switched/      clips without prompts; of `snakemake commitment`; of `snakemake switching`
# ├── information.parquet, information.png     what the prompts tell, in nats by noise level
# ├── signals.csv                              guided against unguided estimates, noisy states against their null
# ├── atlas.csv, emergence.parquet, order.json, co_labels.csv, atlas.png, order.png, distances.png, commitment.csv,
# │                       commitment.png, switching.csv, switching.png
# │                       (every figure in each format of figures.format, with its caption as .txt)
# ├── listen/index.html (and clips/), run.json, README.md, listeners.csv where people listened
# └── models/             what `snakemake train_models` writes
# results/comparison/A-B/  landmarks.csv, landmarks.json, landmarks.png of `snakemake compare --config runs='[A, B]'`
#
# snakemake --cores 2                                                 everything
# snakemake --cores 2 results/demo/concepts/is_brass/emergence.png    one concept's plot
# snakemake --cores 2 labels                                          how many prompts are on each side of each concept
# snakemake -n                                                        what is stale, and why
from snakemake.utils import min_version

min_version("9.27")


# Another configuration file replaces the embedded default; it is not laid over it.
if not workflow.overwrite_configfiles:

    configfile: workflow.current_basedir.join("config/config.yaml").get_path_or_uri(secret_free=True)


include: "rules/common.smk"
include: "rules/heard.smk"
include: "rules/parameters.smk"
include: "rules/wildcards.smk"
include: "rules/inputs.smk"
include: "rules/prompts.smk"
include: "rules/labels.smk"
include: f"rules/audio_{AUDIO}.smk"
include: "rules/notes.smk"
include: "rules/embeddings.smk"
include: "rules/controls.smk"
include: "rules/probes.smk"
include: "rules/emergence.smk"
include: "rules/comparison.smk"
include: "rules/commitment.smk"
include: "rules/switching.smk"
include: "rules/figures.smk"
include: "rules/listening_parts.smk"
include: "rules/listening.smk"
include: "rules/export.smk"
include: "rules/models.smk"
include: "rules/gpu_check.smk"
include: "rules/starting.smk"


if RUN.renoised:

    include: "rules/renoising.smk"


if RUN.contrasted:

    include: "rules/contrasts.smk"


if TAGGED:

    include: "rules/tags.smk"


if RUN.informed:

    include: "rules/information.smk"


if PREFLIGHT:

    include: "rules/downloads.smk"


include: "rules/environments.smk"


onstart:
    check_key()
    checked(check_storage)
    checked(check_gpu_was_tried)
    checked(
        configuration.check_arrays,
        workflow.executor_plugin.name,
        getattr(workflow.executor_settings, "array_jobs", None),
    )
    checked(keep_plan)


onsuccess:
    show_products()


# Snakemake starts no handler of a module: the caller's starts this one, unless it stands below the module.
if IS_MODULE:
    workflow._onstart = lambda log, of_caller=workflow._onstart: (onstart(), of_caller(log))


rule all:
    default_target: True
    input:
        pictures("<results>/atlas", *OF_CURVES),
        collect(
            "<results>/concepts/{concept}/{figure}",
            concept=RUN.concepts,
            figure=[*pictures("emergence", "rates", "pca"), "pca.gif", "card.json"],
        ),
        "<results>/run.json",
        "<results>/listen/index.html",
        RUN.agreement,
        pictures("<results>/comparison/landmarks") if len(RUN.ears) > 1 else [],
        RUN.contrasted,
        pictures("<results>/information") if RUN.informed else [],
        pictures("<results>/commitment") if config["commitment"]["enabled"] else [],
        pictures("<results>/switching") if config["switching"]["enabled"] else [],
    localrule: True


rule train_models:
    input:
        TRAINED,
    localrule: True
