"""What a run says on the terminal: a line a stage, what failed and where its log is; of a dry-run a table with reasons.

Snakemake tells everything as records of its logger. This handler takes the place of the one that prints them; the log file that
Snakemake keeps in ``.snakemake/log`` still has them all.
"""

import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from snakemake_interface_logger_plugins.common import LogEvent

from musicologist.workflow.jobs import Job, event_of

FULL = "MUSICOLOGIST_TERMINAL"
"""The environment variable that, set to ``full``, leaves Snakemake's own lines as they are, as its option --verbose does."""

_EVERY_S, _SHARE = 30.0, 0.05  # between two lines of a stage where lines stay: seconds, and of the time so far
_NAMED = 3  # things of a kind that are named; more are counted
_MANY = {"concept": "concepts", "code": "programs"}  # by the first word of a change
_SNAKEMAKES = "DefaultStreamHandler"
_NOISE = re.compile(
    "Building DAG|Assuming unrestricted shared|Exiting because a job|(WorkflowError:\\s+)?At least one job did not"
    "|RuleException:\\s+CalledProcess"
)
_WORTH = re.compile("Nothing to be done|Complete log|Trying to restart|Will exit|Terminating|Cancelling")


def of_time(seconds: float) -> str:
    """A duration in words: ``12 s``, ``4 min``, ``2 h 10 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def last_line(path: str | Path) -> str:
    """The last line of a log that says something, for there stands the sentence of what ended a job; else nothing."""
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").replace("\r", "\n").splitlines()
    except OSError:
        return ""
    return next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "")


def table(jobs: Sequence[Job]) -> list[str]:
    """The lines of a dry-run: each rule, how many of its jobs, and why: what changed by name, else after which rules."""
    maker = {output: job.rule for job in jobs for output in job.outputs}
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.rule, []).append(job)
    width = max(map(len, groups), default=0)
    lines = [f"{'rule':<{width}}  jobs  why"]
    for rule, some in groups.items():
        why = _kinds(change for job in some for change in job.changes)
        if not why:
            makers = dict.fromkeys(maker[file] for job in some for file in job.follows if file in maker)
            why = f"after {_listed(list(makers), 'rules')}" if makers else "asked for"
        lines.append(f"{rule:<{width}}  {len(some):>4}  {why}")
    origin = _kinds(change for job in jobs for change in job.changes)
    return [*lines, _jobs(len(jobs)) + (f", because of: {origin}" if origin else "")]


def _jobs(number: int) -> str:
    return f"{number} job{'' if number == 1 else 's'}"


def columns(path: str | Path) -> list[str]:
    """The lines of a small CSV file with its columns below one another, numbers to the right."""
    rows = [line.split(",") for line in Path(path).read_text(encoding="utf-8").splitlines()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:>{width}}" if cell.isdigit() else f"{cell:<{width}}"
            for cell, width in zip(row, widths, strict=True)
        )
        for row in rows
    ]


def _kinds(changes: Any) -> str:
    """What changed, each once; of more than three of a kind (``concept is_brass``, …) their number."""
    kinds: dict[str, dict[str, None]] = {}
    for change in changes:
        kind = _MANY.get(change.partition(" ")[0], change)
        kinds.setdefault(kind, {})[change] = None
    return ", ".join(_listed(list(some), kind) for kind, some in kinds.items())


def _listed(names: Sequence[str], many: str) -> str:
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} {many}"


@dataclass
class Stage:
    """How far the jobs of a stage are."""

    name: str
    total: int = 0
    done: int = 0
    started: float | None = None
    said: float = field(default=float("-inf"))

    def line(self, now: float) -> str:
        """``audio: 5 of 8 done, about 4 min left``; of a finished stage how long it took."""
        took = now - (now if self.started is None else self.started)
        words = f"{self.name}: {self.done} of {self.total} done"
        if self.done >= self.total:
            return f"{words}, {of_time(took)}"
        return f"{words}, about {of_time(took / self.done * (self.total - self.done))} left" if self.done else words


class Terminal(logging.Handler):
    """Prints what is worth a line. ``stage_of`` names the stage of a rule; ``stream`` is where lines go."""

    def __init__(
        self,
        stage_of: Callable[[str], str],
        stream: TextIO,
        dry_run: bool,
        clock: Callable[[], float] = time.monotonic,
        explained: Callable[[str], str] = str,
    ) -> None:
        """``clock`` in seconds; ``explained`` says better what ended Snakemake itself, where it can."""
        super().__init__()
        self._stage_of, self._stream, self._dry_run, self._clock = stage_of, stream, dry_run, clock
        self._explained = explained
        self._lively = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._stages: dict[str, Stage] = {}
        self._of_job: dict[int, tuple[str, Mapping[str, str]]] = {}
        self._planned: list[Job] = []
        self._executing, self._failed, self._start = False, 0, clock()

    def emit(self, record: logging.LogRecord) -> None:
        """Print what this record is worth."""
        try:
            told = getattr(self, f"_{event_of(record).lower()}", None)
            if told is not None:
                told(record)
            elif not event_of(record):
                self._words(record)
        except BrokenPipeError:
            raise
        except Exception:
            self.handleError(record)

    def _workflow_started(self, record: logging.LogRecord) -> None:
        self._executing = True

    def _words(self, record: logging.LogRecord) -> None:
        text = str(record.msg or "").strip()
        kept = record.levelno >= logging.WARNING or not self._executing or _WORTH.match(text)
        if text and kept and record.levelno > logging.DEBUG and not _NOISE.match(text):
            self._print(text)

    def _error(self, record: logging.LogRecord) -> None:
        text = str(record.msg or "").strip()
        if not _NOISE.match(text):  # a failed job has its own record
            self._print(self._explained(text))

    def _run_info(self, record: logging.LogRecord) -> None:
        """The counts by rule: when a run starts; of a dry-run also when it ends."""
        if self._dry_run:
            if self._planned:
                self._print("\n".join(table(self._planned)))
                self._print("Nothing was done (dry-run). Every job in full: --verbose")
            return
        for rule, count in vars(record)["stats"].items():
            if rule != "total" and (name := self._stage_of(rule)):
                self._stages.setdefault(name, Stage(name)).total += count
        jobs = sum(stage.total for stage in self._stages.values())
        self._print(f"{_jobs(jobs)}: {', '.join(self._stages)}")

    def _job_info(self, record: logging.LogRecord) -> None:
        job, known = Job.of_record(record), vars(record)
        if self._dry_run:
            self._planned += [job] if job.outputs else []
            return
        self._of_job[known["jobid"]] = (job.rule, dict(known["wildcards"] or {}))
        if stage := self._stages.get(self._stage_of(job.rule)):
            stage.started = self._clock() if stage.started is None else stage.started
            self._progress_of(stage)

    def _job_finished(self, record: logging.LogRecord) -> None:
        rule, _ = self._of_job.get(vars(record)["job_id"], ("", {}))
        if stage := self._stages.get(self._stage_of(rule) if rule else ""):
            stage.done += 1
            self._progress_of(stage)

    def _progress(self, record: logging.LogRecord) -> None:
        known = vars(record)
        if known["done"] == known["total"]:
            self._print(f"Done: {_jobs(known['total'])} in {of_time(self._clock() - self._start)}")

    def _job_error(self, record: logging.LogRecord) -> None:
        if not vars(record).get("indent"):  # one of a group: the group's own record tells it
            self._failure([vars(record)])

    def _group_error(self, record: logging.LogRecord) -> None:
        known = vars(record)
        self._failure(known["job_error_info"], known.get("aux_logs") or [])

    def _failure(self, jobs: Sequence[Mapping[str, Any]], more: Sequence[str] = ()) -> None:
        """The sentence of what failed. Of a group the job that wrote its log last: the ones after it never began."""
        self._failed += 1
        written = [(os.path.getmtime(log), job) for job in jobs for log in job["log"] if os.path.exists(log)]
        job = max(written, key=lambda pair: pair[0])[1] if written else jobs[0]
        logs = [*dict.fromkeys([*job["log"], *more])]
        _, wildcards = self._of_job.get(job["jobid"], ("", {}))
        of = ", ".join(f"{name} {value}" for name, value in wildcards.items() if value)
        said = next(filter(None, map(last_line, logs)), "") or "it wrote nothing into its log"
        self._print(f"FAILED {job['rule_name']}{f' ({of})' if of else ''}: {said}")
        for text in filter(None, [job.get("rule_msg"), f"log: {', '.join(logs)}" if logs else ""]):
            self._print(f"    {' '.join(str(text).split())}")

    def _progress_of(self, stage: Stage) -> None:
        """The stage's line: rewritten on a terminal; in a log when it starts, now and then, and when it ends."""
        now, ended = self._clock(), stage.done >= stage.total
        due = now - stage.said >= max(_EVERY_S, _SHARE * (now - self._start))
        line = f"{list(self._stages).index(stage.name) + 1}/{len(self._stages)} {stage.line(now)}"
        if ended or (not self._lively and due):
            self._print(line)
            stage.said = now
        elif self._lively:
            columns = shutil.get_terminal_size().columns
            self._stream.write(f"\r\x1b[K{line[: columns - 1]}")
            self._stream.flush()

    def _print(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}\n" if self._lively else f"{text}\n")
        self._stream.flush()


def plan_lightly(logger: logging.Logger, job_class: Any, common: Any) -> None:
    """Tell of the jobs of a dry-run what its table shows, and read the signature of a rule's function once.

    Snakemake formats each job's files, and its command three times, for lines that nobody would see: a sixth of what a dry-run
    takes. Where another handler listens, they stay. And it inspects a function each time that it calls it (``common``, its
    module, has what does so): one in thirty.
    """
    common.get_function_params = cache(common.get_function_params)

    def told(job: Any, indent: bool = False, printshellcmd: bool = True) -> None:
        known = {
            "rule_name": job.rule.name,
            "output": job.output,
            "benchmark": job.benchmark,
            "resources": job.resources,
        }
        logger.info("", extra={"event": LogEvent.JOB_INFO, "reason": str(job.dag.reason(job)), **known})

    if all(isinstance(handler, Terminal) for handler in logger.handlers):
        job_class.log_info = told


def take_over(logger: logging.Logger, terminal: Terminal) -> bool:
    """Put ``terminal`` in the place of the handler that prints Snakemake's records; whether there was one."""
    found = [handler for handler in logger.handlers if handler.name == _SNAKEMAKES]
    for handler in found:
        logger.removeHandler(handler)
        logger.addHandler(terminal)
    return bool(found)
