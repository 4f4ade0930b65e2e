"""What all stages share: the checked configuration, where things lie, and what a rule's parameters need."""

import json
import sys
from functools import lru_cache, partial
from pathlib import Path
from shlex import quote

from snakemake.settings.types import DeploymentMethod

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))
from musicologist.concepts import definitions, prompt_labels
from musicologist.core.errors import UserError
from musicologist.embedders import registry as embedders
from musicologist.generators import registry as generators
from musicologist.inputs import section
from musicologist.prompts import openai_client
from musicologist.prompts.plan import Plan
from musicologist.workflow import configuration, preflight
from musicologist.workflow.provenance import code_digest, model_digest, model_title


def checked(function, *arguments):
    """Call ``function``; a user's mistake ends the run with its sentence."""
    try:
        return function(*arguments)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


CONFIG_NAME = ", ".join(map(str, workflow.overwrite_configfiles)) or "config/config.yaml"
SCHEMA = json.loads((Path(workflow.basedir) / "config/schemas/config.schema.json").read_text(encoding="utf-8"))
checked(configuration.check, config, SCHEMA, CONFIG_NAME)
config.update(configuration.with_defaults(config, SCHEMA))
KEPT_STEPS = checked(configuration.check_trajectory, config["trajectory"], CONFIG_NAME)
checked(section.check, config["inputs"], CONFIG_NAME)
checked(section.check_notes, config["inputs"]["notes"], config["notes"]["splits"], CONFIG_NAME)
checked(configuration.check_passes, config["annotation"], CONFIG_NAME)


pathvars:
    results=f"results/{config['run']}",
    logs=f"logs/{config['run']}",
    benchmarks=f"logs/{config['run']}/benchmarks",


RESULTS = f"results/{config['run']}"
INPUTS = dict(config["inputs"])
INPUTS["writer"] = None if section.prompts_file(config["inputs"]) else config["prompts"]["writer"]
checked(configuration.check_recorded, f"{RESULTS}/inputs.json", INPUTS, config["run"])

CONCEPTS_FILE = "config/concepts.yaml"
ALL_CONCEPTS = checked(definitions.load, CONCEPTS_FILE)
CONCEPTS = list(checked(definitions.load, CONCEPTS_FILE, config["concepts"]))
ORIGINAL_LABELS_FILE = "config/original_labels.yaml"
ORIGINAL_TERMS = (
    checked(prompt_labels.load_original, ORIGINAL_LABELS_FILE, CONCEPTS) if config["labels"] == "original" else {}
)
SEVERAL_PASSES = config["annotation"]["passes"] > 1 and not config["inputs"]["annotations"]
AGREEMENT = ["<results>/prompts/agreement.csv"] if SEVERAL_PASSES else []
CLASSIFIERS = list(config["probes"]["classifiers"])
SIGNALS = config["trajectory"]["signals"]
AUDIBLE = not config["inputs"]["embeddings"]
DEFORMED = ["deformed"] if AUDIBLE and config["controls"]["deformation"] else []
SCORED = SIGNALS + DEFORMED
EMBEDDED = ["audio", *DEFORMED]
STEPS = [f"{step:02d}" for step in KEPT_STEPS]
LEVELS = [(signal, step) for signal in SIGNALS for step in KEPT_STEPS]

GIVEN_PROMPTS = checked(section.prompts, config["inputs"], config["prompts"]["count"])
PLAN = Plan(
    prompts=config["prompts"]["count"],
    prompts_per_shard=config["audio"]["prompts_per_shard"],
    shards_per_batch=1 if GIVEN_PROMPTS else config["prompts"]["shards_per_batch"],
)
SHARDS = [f"{shard:04d}" for shard in PLAN.shards()]
BATCHES = [f"{batch:04d}" for batch in PLAN.batches()]
NOTE_SHARDS = [f"{shard:04d}" for shard in range(config["notes"]["shards"])]

# What GPU rules load where the profile asks for env-modules; a site aliases these names. A job checks that they are loaded.
GPU_MODULES = ("cuda", "cudnn")
LOADED_MODULES = (
    " ".join(GPU_MODULES) if DeploymentMethod.ENV_MODULES in workflow.deployment_settings.deployment_method else ""
)

digest_of_model = lru_cache(partial(model_digest, cache=".snakemake/model_digests.json"))
# What is not part of the checkout is checked before anything is queued, and fetched by one job; with the bundled models and
# rendered notes there is neither job.
FOREIGN_MODELS = preflight.foreign_models(config["models"], config["inputs"])
HUB_MODELS = checked(preflight.hub_models, FOREIGN_MODELS)
REMOTE_NOTES = section.is_address(config["inputs"]["notes"])
PREFLIGHT_RECORD = f"{RESULTS}/preflight.json"
PREFLIGHT = [ancient(PREFLIGHT_RECORD)] if FOREIGN_MODELS or REMOTE_NOTES else []
MODELS_RECORD = f"{RESULTS}/models/downloaded.json"
DOWNLOADED = [ancient(MODELS_RECORD)] if HUB_MODELS else []

audio_output = protected if config["protect"] else (lambda paths: paths)


GENERATED = AUDIBLE and not config["inputs"]["audio"]
LISTENING = GENERATED and config["audio"]["keep"] == "listening"
KEPT_PROMPTS = min(
    config["prompts"]["count"], config["audio"]["listening"] if LISTENING else config["prompts"]["count"]
)
# Where only some clips stay on disk, a shard's audio lies in a folder until it is heard. One folder for all levels: that a step
# was removed must not change what a rule reads.
UNHEARD = ["<results>/audio/unheard/shard_{shard}"] if LISTENING else []
UNCONDITIONAL = min(config["controls"]["unconditional"], config["prompts"]["count"], PLAN.prompts_per_batch) * GENERATED
UNCONDITIONAL_LEVELS = sorted({("noisy", "00"), *((signal, step) for signal in SIGNALS for step in STEPS)})
BRANCHED = min(config["commitment"]["prompts"], config["prompts"]["count"])
KEPT_BRANCHES = checked(configuration.branch_steps, config, CONFIG_NAME)
BRANCH_STEPS = [f"{step:02d}" for step in KEPT_BRANCHES]
BRANCH_SHARDS = [f"{shard:04d}" for shard in PLAN.shards() if PLAN.prompts_of_shard(shard).start < BRANCHED]


wildcard_constraints:
    batch=r"\d{4}\d*",
    shard=r"\d{4}\d*",
    step=r"\d{2}\d*",
    signal="denoised|noisy|deformed|branched",
    split="train|valid|test",
    concept="|".join(ALL_CONCEPTS),
    classifier="logistic|svm",


# The bundled weights were trained in sittings, each going on from the one before.
SITTINGS = {
    "1": "--steps 5530 --seed 1",
    "2": "--steps 1823 --seed 2 --rate 7e-4",
    "3": "--steps 18568 --seed 3 --rate 8e-4 --precision bfloat16 --compile",
    "4": "--steps 17500 --seed 4 --rate 8e-4 --precision bfloat16 --compile",
    "5": "--steps 18000 --seed 5 --rate 8e-4 --precision bfloat16 --compile",
}
LAST_SITTING = max(SITTINGS)


def code_of(script):
    """Digest of a script and of all library modules it imports."""
    return code_digest(Path(workflow.basedir) / "scripts" / f"{script}.py")


def family_of(wing, model):
    """The module that loads a model, and the digest of it and of all that it imports: a parameter of its own, with its name."""
    name = {"generators": generators, "embedders": embedders}[wing].of_model(model)
    scripts = Path(workflow.basedir) / "scripts"
    digest = code_digest(scripts / "musicologist" / wing / f"{name}.py", scripts)
    return f"musicologist.{wing}.{name}", f"code {wing}/{name}: {digest}"


GENERATOR_FAMILY, GENERATOR_CODE = family_of("generators", config["models"]["diffusion"])
EMBEDDER_FAMILY, EMBEDDER_CODE = family_of("embedders", config["models"]["clap"])


def record_inputs():
    """Write down which inputs this run is made of, so that a later start with others is refused."""
    path = Path(RESULTS) / "inputs.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(INPUTS, indent=2) + "\n", encoding="utf-8")


def check_key():
    """Where a job of this run asks a language model, refuse to start without a key: before anything is queued."""
    if any(job.rule.name in ("request_prompts", "request_annotations") for job in workflow.dag.needrun_jobs()):
        checked(openai_client.check_key)


def options(values):
    """Options of a script; one that is None is left out."""
    return " ".join(
        f"--{name.replace('_', '-')} {quote(str(value))}" for name, value in values.items() if value is not None
    )


def sampling(**changed):
    """How a generating script samples: the configuration, but for what is ``changed``; the order of keys changes no clip."""
    trajectory = {name: value for name, value in config["trajectory"].items() if name not in ("keep", "signals")}
    return options(dict(sorted(({"seed": config["seed"]} | trajectory | changed).items())))


GENERATOR = options(
    {
        "family": GENERATOR_FAMILY,
        "model": config["models"]["diffusion"],
        "digest": digest_of_model(config["models"]["diffusion"]),
        "text_encoder": config["models"]["text_encoder"],
        "precision": config["models"]["precision"],
    }
)
TEXT_ENCODER_DIGEST = digest_of_model(config["models"]["text_encoder"] or "none")


def models_note():
    """The sentence below each picture that says which models made it."""
    inputs = config["inputs"]
    audio = "given" if inputs["audio"] or inputs["embeddings"] else model_title(config["models"]["diffusion"])
    embedding = "given" if inputs["embeddings"] else model_title(config["models"]["clap"])
    return f"Audio: {audio}. Embedding: {embedding}."


def labelled_note():
    """The same for pictures that tell prompts with a concept from those without."""
    return models_note() + (" Labels: the original study's rules." if config["labels"] == "original" else "")


def first_prompt(wildcards):
    return PLAN.prompts_of_batch(int(wildcards.batch)).start


def last_prompt(wildcards):
    return PLAN.prompts_of_batch(int(wildcards.batch))[-1]


def earlier_batches(wildcards):
    return [f"{RESULTS}/prompts/batch_{batch:04d}.jsonl" for batch in range(int(wildcards.batch))]


def given_texts(wildcards):
    """The given prompts of one batch: an edited text makes its own shard stale and no other."""
    return GIVEN_PROMPTS[first_prompt(wildcards) : last_prompt(wildcards) + 1]


def batch_of_shard(wildcards):
    return f"{RESULTS}/prompts/batch_{PLAN.batch_of_shard(int(wildcards.shard)):04d}.jsonl"


def first_prompt_of_shard(wildcards):
    return PLAN.prompts_of_shard(int(wildcards.shard)).start


def last_prompt_of_shard(wildcards):
    return PLAN.prompts_of_shard(int(wildcards.shard))[-1]


def kept_of_shard(wildcards):
    """How many of a shard's prompts have their clips kept, as an option where it is not all of them."""
    prompts = PLAN.prompts_of_shard(int(wildcards.shard))
    kept = [prompt for prompt in prompts if prompt < config["audio"]["listening"]]
    return f"--keep {len(kept)}" if LISTENING else ""


def address_of_archive(wildcards):
    return config["inputs"]["notes"].replace("{split}", wildcards.split)


def last_branched_prompt_of_shard(wildcards):
    return min(last_prompt_of_shard(wildcards), BRANCHED - 1)


def commitment_cost():
    """What re-branching costs beside the audio of the run, for the dry-run."""
    steps, prompts = config["trajectory"]["steps"], config["prompts"]["count"]
    branches = config["commitment"]["branches"]
    cost = configuration.branching_cost(BRANCHED, KEPT_BRANCHES, branches, steps)
    whole = prompts * config["audio"]["samples"] * steps
    clips = BRANCHED * len(KEPT_BRANCHES) * branches
    return (
        f"of {clips} branches in all ({BRANCHED} prompts x {len(KEPT_BRANCHES)} levels x {branches}), which take {cost:,} "
        f"denoising steps; the run's own audio takes {whole:,}."
    )


def earlier_sitting(wildcards):
    return f"{RESULTS}/models/diffusion_{int(wildcards.sitting) - 1}" if wildcards.sitting != "1" else []


def clips_of_sitting(wildcards):
    return collect("<results>/models/clips/{part}.tar", part=TRAINING_SHARDS[: 24 if wildcards.sitting == "5" else 12])


def schedule_of_sitting(wildcards, input):
    return SITTINGS[wildcards.sitting] + (f" --start {quote(str(input.start))}" if input.start else "")


def digest_of_concept(wildcards):
    return ALL_CONCEPTS[wildcards.concept].digest


def original_terms_of_concept(wildcards):
    """The original's terms as text where the configuration asks for them: an edited entry makes its own scores stale."""
    return str(ORIGINAL_TERMS.get(wildcards.concept, ""))


def strengths_of_classifier(wildcards):
    return listed(config["probes"]["classifiers"][wildcards.classifier]["C"])


def gammas_of_classifier(wildcards):
    return listed(config["probes"]["classifiers"][wildcards.classifier].get("gamma", 1))


def listed(value):
    return value if isinstance(value, list) else [value]


def scores_by_classifier(wildcards, input):
    return [f"{classifier}={path}" for classifier, path in zip(CLASSIFIERS, input.scores)]


def reports_by_classifier(wildcards, input):
    return [f"{classifier}={path}" for classifier, path in zip(CLASSIFIERS, input.reports)]
