"""Handing jobs to sbatch so that none is submitted twice and none fails because Slurm is busy or full."""

import logging
import os
import re
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable

from snakemake_executor_plugin_safe_slurm import queue

PATIENCE_S = 300  # for one sbatch
LOOK_FOR_S = 120  # for a job that sbatch did not see accepted
# Slurm or its network was too slow or away: the job may have been accepted all the same.
UNCERTAIN = re.compile(
    "timed out|unable to contact|zero bytes were transmitted|transport endpoint|connection (?:refused|reset|timed)"
    "|communication connection failure|unexpected message|standby mode|slurm_(?:receive|send)|no answer",
    re.IGNORECASE,
)
# More jobs than Slurm takes at once: MaxSubmitJobs of a user, an account or a quality of service; MaxJobCount of the cluster.
FULL = re.compile(
    "submit ?jobs?(?:per\\w+)?limit|job submit limit|maxjobcount|temporarily unable to accept|resource temporarily unavailable",
    re.IGNORECASE,
)
# What the words "job submit limit, user's size and/or time limits" may mean as well, where the reason stands before them.
OTHER_LIMIT = re.compile("wall|cpu|node|tres|mem|gres|mins|minutes", re.IGNORECASE)
# An array or its script is larger than this Slurm takes.
LARGE = re.compile(
    "invalid job array specification|pathname of a file, directory or other parameter too long", re.IGNORECASE
)
# Limits that jobs of other users count into.
SHARED = re.compile("grp|account|maxjobcount|temporarily", re.IGNORECASE)


class TooManyError(Exception):
    """Slurm does not take so many jobs now; ``later`` says whether it may take them once others have ended."""

    def __init__(self, said: str, later: bool) -> None:
        """Keep what sbatch said."""
        super().__init__(said)
        self.later = later


class EndedError(Exception):
    """The run ended while a job waited to be submitted."""


class Submitter:
    """Submits the jobs of one run."""

    def __init__(self, run: str, logger: logging.Logger, pause_s: float) -> None:
        """``run`` is the name of all its jobs, ``pause_s`` how long to wait between two tries."""
        self.run, self.logger, self.pause_s = run, logger, pause_s
        self.ended = threading.Event()
        self.given_up: set[str] = set()  # comments of submissions that were not found and done again

    def submit(self, command: Callable[[str], str], script: str, label: str) -> str:
        """The number of the job that ``command(comment)``, an sbatch command line that reads ``script``, has made.

        Where sbatch ends without having seen the job accepted, the job is looked for by its comment before it is submitted
        again. Raises TooManyError at a limit, RuntimeError for all else that Slurm refuses, EndedError after ``ended``.
        """
        while True:
            self.wait_for_controller()
            comment = f"{label} ({uuid.uuid4().hex[:12]})"
            code, said, errors = _sbatch(command(comment), script)
            number = said.strip().split(";")[0]
            if code == 0 and number.isdecimal():
                return number
            why = " ".join(errors.split()) or said.strip() or "no answer"
            if code == 0 or UNCERTAIN.search(why):
                found = self._look_for(comment, why)
                if found:
                    return found
            elif LARGE.search(why):
                raise TooManyError(why, later=False)
            elif is_full(why):
                raise TooManyError(why, later=bool(SHARED.search(why)) or _has_jobs())
            else:
                raise RuntimeError(f"{why} ({command(comment)})")

    def wait_for_controller(self) -> None:
        """Return once slurmctld answers: a job that is submitted while it restarts would count as failed."""
        waited = False
        while subprocess.run(["scontrol", "ping"], capture_output=True).returncode:
            if not waited:
                self.logger.warning("Slurm does not answer (scontrol ping); submitting waits for it.")
            waited = True
            self.pause(5)
        self.pause(0)

    def pause(self, seconds: float) -> None:
        """Wait; EndedError where the run ends meanwhile."""
        if self.ended.wait(seconds):
            raise EndedError

    def _look_for(self, comment: str, why: str) -> str | None:
        self.logger.warning(f"sbatch does not know whether Slurm took a job ({why}): looking for it in the queue.")
        end = time.monotonic() + LOOK_FOR_S
        while True:
            found = queue.with_comment(self.run, comment)
            if found:
                self.logger.info(f"Slurm has taken it: {found}.")
                return found
            if time.monotonic() > end:
                self.given_up.add(comment)
                self.logger.warning(f"Not there after {LOOK_FOR_S} s: submitting it again.")
                return None
            self.pause(min(5, self.pause_s))


def is_full(why: str) -> bool:
    """Whether sbatch's words say that there are too many jobs, and not that this one is too large or too long."""
    reason = why.split("Batch job submission failed")[0].replace("Unable to allocate resources", "")
    return bool(FULL.search(why)) and (bool(FULL.search(reason)) or not OTHER_LIMIT.search(reason))


def _has_jobs() -> bool:
    """Whether this user has a job in the queue that has to end first."""
    done = subprocess.run(["squeue", "--me", "--noheader", "--format=%i"], capture_output=True, text=True)
    return bool(done.returncode or done.stdout.strip())


def _sbatch(command: str, script: str) -> tuple[int, str, str]:
    """Exit code, output and errors; a program that does not end in time is killed, with all that it started."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, shell=True, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    try:
        output, errors = process.communicate(script, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return 1, "", f"timed out after {PATIENCE_S} s"
    return process.returncode, output, errors
