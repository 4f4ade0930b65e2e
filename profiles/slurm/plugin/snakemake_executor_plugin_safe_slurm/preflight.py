"""What is checked before anything is queued; each finding is one sentence."""

import os
import shlex
import subprocess
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface
from snakemake_interface_executor_plugins.workflow import WorkflowExecutorInterface

from snakemake_executor_plugin_safe_slurm import queue, submission

TESTED = {"snakemake-executor-plugin-slurm": "2.8.0", "snakemake-executor-plugin-slurm-jobstep": "0.6.1"}
# A part of sbatch's message; the resources that it may be about; the command that lists what there is.
REMEDIES = (
    ("feature", ("constraint",), "sinfo --format='%P %f'"),
    ("partition name", ("slurm_partition",), "sinfo --summarize"),
    ("account", ("slurm_account", "slurm_partition"), "sacctmgr show associations user=$USER format=account,partition"),
    ("qos", ("qos",), "sacctmgr show qos format=name"),
    ("generic resource", ("gres", "gpu"), "sinfo --format='%P %G'"),
    (
        "node configuration",
        ("slurm_partition", "gres", "gpu", "constraint", "mem_mb"),
        "sinfo --format='%P %c %m %f %G'",
    ),
    ("time limit", ("runtime",), "sinfo --format='%P %l'"),
)


def check_versions() -> str:
    """The versions that matter, in words; WorkflowError where they are not those that the arrays were tested with."""
    for package, tested in TESTED.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            found = "no version"
        if found != tested:
            raise WorkflowError(
                f"safe-slurm mends {package} {tested} and was tested with it alone, but {found} is installed: arrays could lose"
                f" files; `pip install {package}=={tested}`."
            )
    try:
        slurm = subprocess.run(["sbatch", "--version"], capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        raise WorkflowError("There is no sbatch on PATH: start Snakemake on a login node of the cluster.") from None
    return ", ".join([f"snakemake {version('snakemake')}", *(f"{p} {v}" for p, v in TESTED.items()), slurm])


def check_orphans(directory: str) -> None:
    """WorkflowError where jobs of an earlier run in ``directory`` are still there: two would write the same products."""
    jobs = queue.of_directory(os.path.realpath(directory))
    if jobs:
        raise WorkflowError(
            f"{len(jobs)} Slurm jobs of an earlier run of this directory are still queued or running (the first: {jobs[0]})."
            " `make resume` waits for them, keeps what they finish and goes on; or cancel them"
            f" (`scancel {' '.join(jobs[:3])}{' ...' if len(jobs) > 3 else ''}`) and start again."
        )


def check_jobs(workflow: WorkflowExecutorInterface, sbatch: Callable[[JobExecutorInterface, str], str]) -> None:
    """WorkflowError where Slurm would refuse one of the rules that are to run, or where a module of theirs does not exist."""
    rules = {}
    for job in workflow.dag.needrun_jobs():
        if not job.is_local and not job.is_group():
            rules.setdefault(job.rule.name, job)
    for name, job in sorted(rules.items()):
        reason = refusal(sbatch(job, "/dev/null"))
        if "not available (" in reason:  # nodes or a partition are down: such jobs are taken and wait
            logger.warning(f"Slurm takes the rule {name} and cannot start it now: {reason.splitlines()[-1]}")
        elif submission.is_full(reason) or submission.UNCERTAIN.search(reason):
            logger.warning(f"Slurm takes no job of the rule {name} now; submitting waits: {reason.splitlines()[-1]}")
        elif reason:
            raise WorkflowError(_sentence(name, job, reason))
    if DeploymentMethod.ENV_MODULES in workflow.deployment_settings.deployment_method:
        wanted = {module: name for name, job in rules.items() if job.env_modules for module in job.env_modules.names}
        check_modules(wanted)


def refusal(command: str) -> str:
    """Why Slurm would not take the job of an ``sbatch`` command line; empty where it would."""
    done = subprocess.run(f"{command} --test-only --wrap true", shell=True, capture_output=True, text=True)
    return (done.stderr.strip() or "sbatch gives no reason") if done.returncode else ""


def _sentence(rule: str, job: JobExecutorInterface, reason: str) -> str:
    said = reason.splitlines()[-1].removeprefix("sbatch: error: ").removeprefix("Batch job submission failed: ")
    said = said.removeprefix("allocation failure: ")
    for part, resources, listing in REMEDIES:
        if part in said.lower():
            values = ", ".join(f"{key}={job.resources[key]}" for key in resources if job.resources.get(key))
            return f"Slurm refuses the rule {rule}: {said}; the profile says {values}; `{listing}` lists what there is."
    return f"Slurm refuses the rule {rule}: {said}; check the rule's resources in the profile."


def check_modules(wanted: dict[str, str]) -> None:
    """WorkflowError where there is no ``module`` command or it does not know a module (keys; values: the rule that wants it).

    Batch shells know ``module`` only through BASH_ENV: it is set here, and jobs inherit it.
    """
    if not wanted:
        return
    home = os.environ.get("MODULESHOME", "/usr/share/modules")
    os.environ.setdefault("BASH_ENV", f"{home}/init/bash")
    for module, rule in sorted(wanted.items()):
        # what another module has to be loaded for, or is an alias, is not always listed: then loading it is tried
        ask = f"module -t avail {shlex.quote(module)} 2>&1; module load {shlex.quote(module)} >/dev/null 2>&1; echo =$?"
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True)
        lines = done.stdout.splitlines()
        if "command not found" in done.stdout:
            raise WorkflowError(
                f"The rule {rule} loads the module {module}, but this shell has no `module` command: source the modules' init"
                " script, or take env-modules out of the profile's software-deployment-method."
            )
        if lines[-1:] != ["=0"] and not any(_name(line) == module for line in lines):
            raise WorkflowError(
                f"The rule {rule} loads the module {module}, which `module avail {module}` does not list and `module load"
                f" {module}` does not find: alias it to your site's name (profiles/README.md says how)."
            )


def _name(line: str) -> str:
    """The module of a line of ``module -t avail``, without its version and what it is marked with."""
    return line.split("/")[0].split("(")[0].strip()
