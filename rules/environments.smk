# In which environment each rule runs; included after all rules. A rule names a file of envs/; the key `environments` may put the
# file of the same name in envs/VARIANT/ in its place. Without conda, `python` in a rule's command is the environment's own where
# `make environments` has made it, or where the rule runs in the image of envs/apptainer.def.
import os
import re

from snakemake.settings.types import DeploymentMethod

ENVIRONMENTS = Path(".environments").absolute()
IMAGE = f"musicologist_{config['environments']}.sif"


def variant_of(environment):
    """The environment file that the configuration puts in the place of a rule's."""
    file = environment.replace("../envs/", f"../envs/{config['environments']}/")
    return file if (Path(workflow.basedir) / "rules" / file).exists() else environment


def places():
    """The folder of each command's environment, below the folder of all; a command is a script, and its part where it has some."""
    found = {}
    for rule in workflow.rules:
        command = re.match(r"python (scripts/\w+\.py(?: \w+)*)", rule.shellcmd or "")
        if rule.conda_env and command:
            place = rule.conda_env.removeprefix("../envs/").removesuffix(".yaml")
            if found.setdefault(command[1], place) != place:
                raise ValueError(f"{command[1]} runs in two environments: {place} and {found[command[1]]}")
    return found


def without_conda():
    """A shell function that runs a command's own environment."""
    cases = "".join(f'"{command} "*) place={place} ;; ' for command, place in sorted(places().items()))
    return (
        f"set -euo pipefail; python() {{ local place all=${{MUSICOLOGIST_ENVIRONMENTS:-{quote(str(ENVIRONMENTS))}}};"
        f' case "$* " in {cases}*) command python "$@"; return ;; esac; "$all/$place/bin/python" "$@"; }}; '
    )


def check_environments():
    """UserError where `make environments` has not made all that rules need."""
    for place in sorted(set(places().values())):
        if not (ENVIRONMENTS / place / "bin/python").exists():
            raise UserError(
                f"{ENVIRONMENTS} holds no environment {place}: `make environments VARIANT={config['environments']}` makes it, or"
                " remove the folder to use the Python that started Snakemake."
            )


def check_image():
    """UserError where the image that rules are to run in has not been built."""
    if not Path(IMAGE).exists():
        raise UserError(
            f"There is no image {IMAGE} in this folder: `apptainer build --build-arg VARIANT={config['environments']} {IMAGE}"
            " envs/apptainer.def` builds it."
        )


DEPLOYMENT = workflow.deployment_settings.deployment_method
IN_IMAGE = DeploymentMethod.APPTAINER in DEPLOYMENT and DeploymentMethod.CONDA not in DEPLOYMENT
for _rule in workflow.rules:
    if _rule.conda_env:
        _rule.conda_env = variant_of(_rule.conda_env)
        _rule.container_img = IMAGE if IN_IMAGE else None
if IN_IMAGE:
    checked(check_image)
elif DeploymentMethod.CONDA not in DEPLOYMENT and ENVIRONMENTS.exists():
    checked(check_environments)
if IN_IMAGE or (DeploymentMethod.CONDA not in DEPLOYMENT and ENVIRONMENTS.exists()):
    shell.prefix(without_conda().replace("{", "{{").replace("}", "}}"))  # Snakemake formats it
