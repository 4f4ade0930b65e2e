"""What all rules share: the run that the configuration makes, its programs, models and digests."""

import json
import sys
from pathlib import Path

from snakemake.settings.types import DeploymentMethod
from snakemake.sourcecache import LocalSourceFile

# Not workflow.basedir: in a module that is the caller's.
HERE = workflow.current_basedir
ROOT = Path(HERE.get_path_or_uri(secret_free=True)).parent
if not isinstance(HERE, LocalSourceFile):
    print(f"{HERE} is not on this disk: clone the repository, for its programs run from there.", file=sys.stderr)
    sys.exit(1)
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.core.errors import UserError
from musicologist.prompts import openai_client
from musicologist.workflow import configuration
from musicologist.workflow.run import load, options


def checked(function, *arguments):
    """Call ``function``; a user's mistake ends the run with its sentence."""
    try:
        return function(*arguments)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


IS_MODULE = not workflow.modifier.is_main_snakefile()
DEFAULT = "the configuration of the module" if IS_MODULE else "config/config.yaml"
CONFIG_NAME = ", ".join(map(str, workflow.overwrite_configfiles)) or DEFAULT
SCHEMA = json.loads((ROOT / "config/schemas/config.schema.json").read_text(encoding="utf-8"))
RUN = checked(load, config, SCHEMA, CONFIG_NAME)
config = RUN.config


pathvars:
    results=RUN.results,
    logs=f"logs/{config['run']}",
    benchmarks=f"logs/{config['run']}/benchmarks",


CLASSIFIERS = list(RUN.classifiers)


wildcard_constraints:
    batch=r"\d{4}\d*",
    shard=r"\d{4}\d*",
    step=r"\d{2}\d*",
    signal="denoised|noisy|deformed|branched",
    split="train|valid|test",
    concept="|".join(RUN.defined_concepts),
    classifier="|".join(CLASSIFIERS),


# What GPU rules load where the profile asks for env-modules; a site aliases these names. A job checks that they are loaded.
GPU_MODULES = ("cuda", "cudnn")
WITH_MODULES = DeploymentMethod.ENV_MODULES in workflow.deployment_settings.deployment_method
LOADED_MODULES = " ".join(GPU_MODULES) if WITH_MODULES else ""

# What is not part of the checkout is checked before anything is queued, and fetched by one job; with the bundled models and
# rendered notes there is neither job.
PREFLIGHT = [ancient(path) for path in RUN.preflight_records]
DOWNLOADED = [ancient(path) for path in RUN.models_records]


def check_key():
    """Where a job of this run asks a language model, refuse to start without a key: before anything is queued."""
    if any(job.rule.name.endswith(("request_prompts", "request_annotations")) for job in workflow.dag.needrun_jobs()):
        checked(openai_client.check_key)


def embeddings_of(signals):
    """The tables of embeddings of these signals, one a level."""
    return collect("<results>/embeddings/{signal}/step_{step}.parquet", signal=signals, step=RUN.steps)


def audio_of_shard():
    tars = expand("<results>/audio/{signal}/step_{step}/shard_{{shard}}.tar", signal=RUN.signals, step=RUN.steps)
    return protected(tars) if config["protect"] else tars
