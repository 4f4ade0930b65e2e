"""What Slurm's own programs say about jobs: their states by exact id, and whose jobs are still there."""

import asyncio
import logging
import shlex
import subprocess
import time

from snakemake_interface_common.exceptions import WorkflowError

COMPLETED = "COMPLETED"
WAIT = "WAIT"  # goes on, or nobody could say
UNKNOWN = "UNKNOWN"  # squeue and sacct answered, and know no such job
LOST = "LOST"
# Final states of jobs that made nothing. A job that Slurm requeues is never seen in one: it is PENDING again.
FAILED = {
    *("BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "LAUNCH_FAILED", "NODE_FAIL"),
    *("OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT", LOST),
}
States = dict[str, str]


async def states(run: str, wanted: set[str], logger: logging.Logger) -> States:
    """State by job id (``31`` or ``31_4``) of the ``wanted`` jobs of a run; empty where slurmctld does not answer.

    ``squeue`` knows what is queued, running or ended a short while ago (MinJobAge); ``sacct`` is asked for the rest only, so a
    run does without the accounting database as long as it looks often enough.
    """
    listed = await _table("squeue", "--array", "--states=all", "--noheader", "--format=%i|%T", f"--name={run}")
    if listed is None:
        logger.warning("Slurm does not answer (squeue); its jobs go on, asking again later.")
        return {}
    missing = sorted(wanted - listed.keys())
    if missing:
        jobs = ",".join(missing)
        recorded = await _table("sacct", "-X", "--noheader", "--parsable2", "--format=JobID,State", f"--jobs={jobs}")
        if recorded is None:
            logger.warning(f"squeue has forgotten {len(missing)} jobs and sacct does not answer; asking again later.")
        else:
            listed |= {job: recorded.get(job, UNKNOWN) for job in missing}
    return listed


async def _table(*command: str) -> States | None:
    """The rows ``id|STATE …`` that a program prints; None where it fails or takes longer than a minute."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout=60)
    except TimeoutError:
        process.kill()
        return None
    if process.returncode:
        return None
    rows = (line.split("|") for line in output.decode().splitlines() if "|" in line)
    return {job: state.split()[0] for jobs, state in rows if state.strip() for job in expand(jobs.strip())}


def expand(jobs: str) -> list[str]:
    """The ids that Slurm writes as one: ``31_[3-4,7%2]`` are 31_3, 31_4 and 31_7 (tasks that have never started)."""
    array, bracket, tasks = jobs.partition("_[")
    if not bracket:
        return [jobs]
    spans = (span.split("-") for span in tasks.split("%")[0].rstrip("]").split(","))
    return [f"{array}_{task}" for span in spans for task in range(int(span[0]), int(span[-1]) + 1)]


def submit(command: str, script: str) -> str:
    """Hand ``script`` to an ``sbatch --parsable`` command line; returns the job's number, RuntimeError where refused."""
    done = subprocess.run(command, shell=True, input=script, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(done.stderr.split())} ({command})")
    return done.stdout.strip().split(";")[0]


def refusal(command: str) -> str:
    """Why Slurm would not take the job of an ``sbatch`` command line; empty where it would."""
    done = subprocess.run(f"{command} --test-only --wrap true", shell=True, capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else ""


def of_directory(directory: str) -> list[str]:
    """Ids of this user's live jobs that a Snakemake started in ``directory``; WorkflowError where slurmctld does not answer."""
    listing = ["squeue", "--me", "--noheader", "--format=%i|%Z|%k"]
    done = subprocess.run(listing, capture_output=True, text=True)
    if done.returncode:
        raise WorkflowError(f"Slurm does not answer, start again once it does: {' '.join(done.stderr.split())}")
    jobs = (line.split("|", maxsplit=2) for line in done.stdout.splitlines())
    return [job for job, place, comment in jobs if place == directory and comment.startswith(("rule_", "group_"))]


def wait_for_controller(logger: logging.Logger) -> None:
    """Return once slurmctld answers: a job that is submitted while it restarts would count as failed."""
    waited = False
    while subprocess.run(shlex.split("scontrol ping"), capture_output=True).returncode:
        if not waited:
            logger.warning("Slurm does not answer (scontrol ping); submitting waits for it.")
        waited = True
        time.sleep(5)
