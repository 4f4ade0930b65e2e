# In which environment each rule runs; included after all rules. A rule names a file of envs/; the key `environments` may put the
# file of the same name in envs/VARIANT/ in its place. Without conda, `python` in a rule's command is the environment's own where
# `make environments` has made it, or where the rule runs in the image of envs/apptainer.def.
import re
from shlex import quote

ENVIRONMENTS = ROOT / ".environments"
IMAGE = ROOT / f"musicologist_{config['environments']}.sif"
DEPLOYMENT = workflow.deployment_settings.deployment_method
WITH_CONDA = DeploymentMethod.CONDA in DEPLOYMENT
IN_IMAGE = DeploymentMethod.APPTAINER in DEPLOYMENT and not WITH_CONDA


def variant_of(environment):
    """The environment file that the configuration puts in the place of a rule's."""
    file = environment.replace("../envs/", f"../envs/{config['environments']}/")
    return file if (ROOT / "rules" / file).exists() else environment


# Programs that read what a user gives and may edit: it must be as the run was planned with.
READ_GIVEN = "import_*|write_pairs.py|measure_listeners.py"


def environment_of(ear):
    """The environment file in which an embedder runs: its family names it."""
    return variant_of(f"../envs/{checked(lambda: ear.environment)}.yaml")


def commands_of_rules():
    """Each of our rules that has an environment, and how its command begins (a script, and its part where it has some)."""
    for one in workflow.rules:
        command = re.match(r"python \{params\.script:q\}((?: \w+)*)", one.shellcmd or "")
        if one.conda_env and command:
            yield one, f"{one.params.script}{command[1]} "


def environments_of_commands():
    """Commands as patterns of the shell, each with its environment's file; a rule that embeds has one for each family."""
    for one, command in commands_of_rules():
        if callable(one.conda_env):
            for ear in RUN.ears.values():
                yield f"{quote(command)}*{quote(f'--family {ear.module} ')}", environment_of(ear)
        else:
            yield quote(command), one.conda_env


def places():
    """The folder of each command's environment, below the folder of all."""
    found = {}
    for command, environment in environments_of_commands():
        place = environment.removeprefix("../envs/").removesuffix(".yaml")
        if found.setdefault(command, place) != place:
            raise ValueError(f"{command} runs in two environments: {place} and {found[command]}")
    return found


def python_of_rules(environments):
    """A shell function: what a program and its libraries print goes where its words go, to the log of the rule.

    With ``environments`` a program runs in its own one.
    """
    ours = quote(str(script_of("write_prompts").parent))
    record = quote(str(planned.folder(RUN.results) / given.RECORD))
    asked = f"{'python' if IN_IMAGE else quote(sys.executable)} {ours}/check_given.py {record}"
    check = f'case ${{1##*/}} in {READ_GIVEN}) [ ! -e {record} ] || command {asked} "$@" 1>&2 ;; esac'
    run = 'command python "$@"'
    if environments:
        cases = "".join(f"{command}*) place={place} ;; " for command, place in sorted(places().items()))
        run = (
            f"local place= all=${{MUSICOLOGIST_ENVIRONMENTS:-{quote(str(ENVIRONMENTS))}}};"
            f' case "$* " in {cases}*) command python "$@"; return ;; esac; "$all/$place/bin/python" "$@"'
        )
    return (
        f'set -euo pipefail; our_python() {{ {run}; }}; as_planned() {{ {check if COPIED else ":"}; }}; python() {{ case "${{1-}}" in'
        f' {ours}/*) as_planned "$@" && our_python "$@" 1>&2 ;; *) command python "$@" ;; esac; }}; '
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
    if not IMAGE.exists():
        raise UserError(
            f"There is no image {IMAGE}: `apptainer build --build-arg VARIANT={config['environments']} {IMAGE.name}"
            " envs/apptainer.def` in that folder builds it."
        )


for _rule, _ in commands_of_rules():
    if not callable(_rule.conda_env):
        _rule.conda_env = variant_of(_rule.conda_env)
    if IN_IMAGE:
        _rule.container_img = str(IMAGE)
if IN_IMAGE:
    checked(check_image)
elif ENVIRONMENTS.exists() and not WITH_CONDA:
    checked(check_environments)
_elsewhere = IN_IMAGE or (ENVIRONMENTS.exists() and not WITH_CONDA)
if _elsewhere or not IS_MODULE:  # a caller may have a prefix of its own
    shell.prefix(python_of_rules(_elsewhere).replace("{", "{{").replace("}", "}}"))  # Snakemake formats it
