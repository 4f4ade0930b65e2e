"""What all rules share: the run that the configuration makes, its programs, models and digests."""

import gc
import json
import os
import re
import sys
from pathlib import Path

from snakemake import benchmark as measuring
from snakemake.settings.types import DeploymentMethod
from snakemake.sourcecache import LocalSourceFile
from snakemake.utils import update_config

if workflow.output_settings.dryrun:
    gc.disable()  # a plan is millions of objects, nearly all of which stay until it ends
# Not workflow.basedir: in a module that is the caller's.
HERE = workflow.current_basedir
ROOT = Path(HERE.get_path_or_uri(secret_free=True)).parent
if not isinstance(HERE, LocalSourceFile):
    print(f"{HERE} is not on this disk: clone the repository, for its programs run from there.", file=sys.stderr)
    sys.exit(1)
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.core import documents, errors
from musicologist.core.downloads import shown
from musicologist.core.errors import UserError
from musicologist.core.checkout import found
from musicologist.inputs import known_words
from musicologist.prompts import openai_client
from musicologist.workflow import comparing, configuration, given, overlays, planned, preflight, record
from musicologist.workflow.run import load, options


def checked(function, *arguments):
    """Call ``function``; whatever it raises ends the run with one sentence."""
    try:
        return function(*arguments)
    except Exception as error:
        print(errors.sentence_of(error), file=sys.stderr)
        sys.exit(1)


IS_MODULE = not workflow.modifier.is_main_snakefile()
DEFAULT = "the configuration of the module" if IS_MODULE else "config/config.yaml"
CONFIG_NAME = ", ".join(map(str, workflow.overwrite_configfiles)) or DEFAULT
SCHEMA = json.loads((ROOT / "config/schemas/config.schema.json").read_text(encoding="utf-8"))
# A start keeps copies of what it was planned with, and gives them to jobs that read the configuration again elsewhere.
STARTED = workflow.remote_exec or workflow.subprocess_exec
HANDED = any(planned.is_copy(file) for file in workflow.overwrite_configfiles)
COPIED = not IS_MODULE and (HANDED if STARTED else not getattr(workflow.execution_settings, "no_hooks", False))
if not IS_MODULE:
    for file in workflow.overwrite_configfiles or [ROOT / "config/config.yaml"]:
        checked(documents.load_yaml, file, "a configuration")
    update_config(config, checked(overlays.typed, workflow.config_settings.config, SCHEMA))
RUN = checked(load, config, SCHEMA, CONFIG_NAME, COPIED, COPIED and STARTED)
config = RUN.config
if RUN.given_prompts and not STARTED:
    told = (RUN.given_prompts, found(config["models"]["diffusion"]), config["prompts"]["leave_out"])
    for doubt in (*RUN.doubts, checked(known_words.warning, *told) if RUN.generates else ""):
        print(doubt, end="\n" if doubt else "", file=sys.stderr)
CONFIGFILES = [os.path.relpath(file) for file in workflow.overwrite_configfiles]
if COPIED and not STARTED:
    workflow.config_settings.configfiles = [planned.folder(RUN.results).absolute() / planned.CONFIG]


pathvars:
    results=RUN.results,
    logs=f"logs/{config['run']}",
    benchmarks=f"logs/{config['run']}/benchmarks",


measuring.BENCHMARK_INTERVAL_SHORT = 3  # twice a second, looking at jobs' memory takes more of a core than many of them
CLASSIFIERS = list(RUN.classifiers)


wildcard_constraints:
    batch=r"\d{4}\d*",
    shard=r"\d{4}\d*",
    part=r"\d{4}\d*",
    step=r"\d{2}\d*",
    signal="denoised|unguided|noisy|renoised|deformed|branched|switched",
    split="train|valid|test",
    concept="|".join(RUN.defined_concepts),
    classifier="|".join(CLASSIFIERS),
    ear=f"({'|'.join(map(re.escape, RUN.ears))})",


# What GPU rules load where the profile asks for env-modules; a site aliases these names. A job checks that they are loaded.
GPU_MODULES = ("cuda", "cudnn")
# A GPU waits for nobody: other threads read, resample and encode. On a CPU each core has its job.
GPU_THREADS = 4 if config["device"] == "cuda" else 1
WITH_MODULES = DeploymentMethod.ENV_MODULES in workflow.deployment_settings.deployment_method
LOADED_MODULES = " ".join(GPU_MODULES) if WITH_MODULES else ""

# What is not part of the checkout is checked before anything is queued, and fetched by one job; with the bundled models and
# rendered notes there is neither job. The first jobs wait for the check, and those that run a model for that model; to check or
# to fetch again makes nothing stale.
PREFLIGHT = [ancient(path) for path in RUN.preflight_records]
FIRST_CHECK = [ancient(path) for path in RUN.first_check]
GENERATOR_READY = [ancient(path) for path in RUN.records_of("diffusion", "text_encoder")]


def check_key():
    """Where a job of this run asks a language model, refuse to start without a key: before anything is queued."""
    if any(job.rule.name.endswith(("request_prompts", "request_annotations")) for job in workflow.dag.needrun_jobs()):
        checked(openai_client.check_key)


def keep_plan():
    planned.record(f"{RUN.results}/inputs.json", RUN.inputs)
    if COPIED:
        planned.keep(RUN.results, planned.told(config), planned.texts(config))
        given.keep(planned.folder(RUN.results), config["inputs"], GIVEN_DIGESTS)


def audio_of_shard():
    files = expand(RUN.made, signal=RUN.signals, step=RUN.steps, allow_missing=True)
    return protected(files) if config["protect"] else files
