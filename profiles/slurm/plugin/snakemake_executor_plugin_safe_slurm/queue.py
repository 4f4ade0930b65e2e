"""What Slurm's own programs say about jobs: their states by exact id, and whose jobs are still there."""

import asyncio
import logging
import os
import re
import subprocess
from collections.abc import Iterable
from typing import NamedTuple

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
PENDING = {"PENDING", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD"}
# Between the columns of squeue: in no folder's name and in no comment, as | may be.
SEPARATOR = "\x1f"
# Lists of array tasks in full: Slurm cuts them at 64 characters, and a site may set less.
IN_FULL = {"SLURM_BITSTR_LEN": "0"}
_SNAKEMAKE_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,50}_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Job(NamedTuple):
    """One job or array task: its state, why it waits where it is pending, and its comment."""

    state: str
    reason: str = ""
    comment: str = ""


Jobs = dict[str, Job]


async def jobs(run: str, wanted: set[str], logger: logging.Logger) -> Jobs:
    """The jobs of a run by id (``31`` or ``31_4``), the ``wanted`` among them; empty where slurmctld does not answer.

    ``squeue`` knows what is queued, running or ended a short while ago (MinJobAge); ``sacct`` is asked for the rest only, so a
    run does without the accounting database as long as it looks often enough.
    """
    columns = SEPARATOR.join(("%i", "%T", "%r", "%k"))
    said = await _said("squeue", "--array", "--states=all", "--noheader", f"--format={columns}", f"--name={run}")
    if said is None:
        logger.warning("Slurm does not answer (squeue); its jobs go on, asking again later.")
        return {}
    rows = (row.split(SEPARATOR, maxsplit=3) for row in said.splitlines())
    listed = {row[0].strip(): Job(_state(row[1]), row[2].strip(), row[3]) for row in rows if len(row) == 4}
    missing = sorted(wanted - listed.keys())
    if missing:
        options = ("-X", "--noheader", "--parsable2", "--format=JobID,State", f"--jobs={','.join(missing)}")
        said = await _said("sacct", *options)
        if said is None:
            logger.warning(f"squeue has forgotten {len(missing)} jobs and sacct does not answer; asking again later.")
        else:
            recorded = matching(_rows(said), missing)
            listed |= {job: Job(recorded.get(job, UNKNOWN)) for job in missing}
    return listed


async def _said(*command: str) -> str | None:
    """What a program prints; None where it fails or takes over a minute, nothing where there is no accounting to be asked."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ | IN_FULL
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), timeout=60)
    except TimeoutError:
        process.kill()
        return None
    if process.returncode:
        return "" if b"accounting storage is disabled" in errors.lower() else None
    return output.decode(errors="replace")


def _rows(said: str) -> list[tuple[str, str]]:
    """The rows ``id|STATE …`` of sacct."""
    rows = (row.split("|", maxsplit=1) for row in said.splitlines() if "|" in row)
    return [(jobs.strip(), _state(state)) for jobs, state in rows if state.strip()]


def _state(text: str) -> str:
    """``CANCELLED`` of ``CANCELLED by 1000`` or ``CANCELLED+``."""
    return text.split()[0].rstrip("+") if text.strip() else UNKNOWN


def matching(rows: Iterable[tuple[str, str]], wanted: Iterable[str]) -> dict[str, str]:
    """The states of the ``wanted`` ids in rows in which Slurm writes several tasks as one.

    A list that Slurm has cut (``31_[1,3,5,...]``) speaks for all wanted tasks of its array that no other row names.
    """
    wanted = list(wanted)
    named: dict[str, str] = {}
    cut: dict[str, str] = {}
    for text, state in rows:
        tasks, whole = expand(text)
        named |= dict.fromkeys(tasks, state)
        if not whole:
            cut[text.partition("_[")[0]] = state
    found = {job: cut[job.partition("_")[0]] for job in wanted if "_" in job and job.partition("_")[0] in cut}
    return found | {job: named[job] for job in wanted if job in named}


def expand(text: str) -> tuple[list[str], bool]:
    """The ids that Slurm writes as one, and whether that is all of them.

    ``31_[1-7:3,9-10%2]`` are 31_1, 31_4, 31_7, 31_9 and 31_10: ranges, with a step, and how many may run at once. What stands
    behind a ``+`` is a part of a job.
    """
    array, bracket, tasks = text.partition("_[")
    if not bracket:
        return [text.partition("+")[0]], True
    inside, closed, _ = tasks.partition("]")
    spans = [re.fullmatch(r"(\d+)(?:-(\d+)(?::(\d+))?)?", span) for span in inside.partition("%")[0].split(",")]
    numbers = (range(int(s[1]), int(s[2] or s[1]) + 1, int(s[3] or 1)) for s in spans if s)
    return [f"{array}_{task}" for span in numbers for task in span], bool(closed) and all(spans)


def with_comment(run: str, comment: str) -> str | None:
    """Number of the run's job or array that carries exactly this comment; None where there is none or nobody answers."""
    listing = ["squeue", "--states=all", "--noheader", f"--format=%F{SEPARATOR}%k", f"--name={run}"]
    done = subprocess.run(listing, capture_output=True, text=True, errors="replace")
    rows = (row.split(SEPARATOR, maxsplit=1) for row in done.stdout.splitlines() if SEPARATOR in row)
    return next((number.strip() for number, text in rows if text.strip() == comment), None)


def of_directory(directory: str) -> list[str]:
    """Ids of this user's live jobs that a Snakemake started in ``directory``; WorkflowError where slurmctld does not answer.

    They are known by their comment, or by their name where a site writes comments of its own. A folder that Slurm has under
    another name (a link, an automounter) is the same folder.
    """
    columns = SEPARATOR.join(("%i", "%j", "%Z", "%k"))
    listing = ["squeue", "--me", "--noheader", f"--format={columns}"]
    done = subprocess.run(listing, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise WorkflowError(f"Slurm does not answer, start again once it does: {' '.join(done.stderr.split())}")
    rows = [row for line in done.stdout.splitlines() if len(row := line.split(SEPARATOR, maxsplit=3)) == 4]
    here = {place for place in {place for _, _, place, _ in rows} if _same(place, directory)}
    ours = ("rule_", "group_")
    return [
        job
        for job, name, place, comment in rows
        if place in here and (comment.startswith(ours) or _SNAKEMAKE_NAME.fullmatch(name))
    ]


def _same(place: str, directory: str) -> bool:
    try:
        return place == directory or os.path.samefile(place, directory)
    except OSError:
        return False


def min_job_age() -> int | None:
    """For how many seconds squeue knows a job that has ended; None where Slurm does not say."""
    done = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True)
    found = re.search(r"MinJobAge\s*=\s*(\d+)", done.stdout)
    return int(found[1]) if found else None
