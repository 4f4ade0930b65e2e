"""What is stale and why, read from Snakemake's own dry-run, and how a finished run is taken over by a new version.

A dry-run names what changed (``code generate_audio: 1c16…`` among a rule's parameters). Where it is the code alone, a few
products made again elsewhere show whether the rest may stay; then the new digest replaces the old one in Snakemake's record of
each file.
"""

import contextlib
import io
import json
import logging
import re
import shutil
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

from musicologist.core.errors import UserError
from musicologist.core.files import write_text
from musicologist.workflow.jobs import Job, event_of

COSTLY = re.compile(r"generate_|branch_|embed_")
_RECORDS = Path(".snakemake/metadata")


class _Listener(logging.Filter):
    """Sees what Snakemake logs: a filter, for it takes handlers off its logger."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if event_of(record) == "JOB_INFO":
            self.jobs.append(Job.of_record(record))
        return True


def planned(arguments: Sequence[str]) -> list[Job]:
    """The jobs that ``snakemake -n`` with these arguments lists, but for rules without products.

    Raises UserError, with what Snakemake says, where the dry-run fails.
    """
    from snakemake.cli import args_to_api, parse_args
    from snakemake.logging import logger

    listener, said = _Listener(), io.StringIO()
    logger.addFilter(listener)
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser, parsed = parse_args([*arguments, "--dry-run", "--nolock"])
            done = args_to_api(parsed, parser)
    finally:
        logger.removeFilter(listener)
    if not done:
        raise UserError(f"The dry-run failed: {' '.join(said.getvalue().splitlines()[-5:])}")
    return [job for job in listener.jobs if job.outputs]


def seconds(jobs: Iterable[Job]) -> tuple[dict[Job, float], dict[Job, str]]:
    """How long each job took or its like, and whence that is known: ``benchmarks`` or ``records``; jobs without either lack."""
    records = _records()
    times, sources = {}, {}
    for job in jobs:
        if (found := _benchmark(job.benchmark)) is not None:
            times[job], sources[job] = found, "benchmarks"
        elif job.outputs[0] in records:
            record = json.loads(records[job.outputs[0]].read_text(encoding="utf-8"))
            if record.get("starttime") and record.get("endtime"):
                times[job], sources[job] = record["endtime"] - record["starttime"], "records"
    return times, sources


def _benchmark(path: str) -> float | None:
    """The job's own seconds, or the mean over the other jobs of its rule, which lie beside it."""
    own = Path(path)
    files = [own] if own.is_file() else sorted(own.parent.glob("*.tsv")) if path.count("/") > 3 else []
    found = [float(file.read_text().splitlines()[1].split("\t")[0]) for file in files]
    return sum(found) / len(found) if found else None


@cache
def _records() -> dict[str, Path]:
    """Snakemake's record of each product."""
    found = {}
    for path in _RECORDS.rglob("*"):
        if path.is_file():
            name = "".join(part.removeprefix("@") for part in path.relative_to(_RECORDS).parts)
            found[urlsafe_b64decode(name).decode()] = path
    return found


def adoptable(jobs: Sequence[Job]) -> tuple[list[Job], list[tuple[Job, str]]]:
    """Jobs that may be taken over if their products stay the same, and costly ones that may not, each with the reason.

    These are the costly jobs and all that they follow from, as far as their code and nothing else has changed. Of a job that
    follows another one Snakemake does not say what changed for itself: it is seen once the other one is fresh.
    """
    maker = {output: job for job in jobs for output in job.outputs}

    def origins(job: Job) -> list[Job]:
        return list(dict.fromkeys(maker[file] for file in job.follows if file in maker))

    @cache
    def hindrance(job: Job) -> str:
        if job.changes and not job.renewed:
            return ", ".join(job.changes)
        return next((f"{found} of {first.rule}" for first in origins(job) if (found := hindrance(first))), "")

    taken: dict[Job, None] = {}
    todo = [job for job in jobs if COSTLY.match(job.rule)]
    refused = [(job, hindrance(job)) for job in todo if hindrance(job)]
    todo = [job for job in todo if not hindrance(job)]
    while todo:
        job = todo.pop()
        if job not in taken:
            taken[job] = None
            todo += origins(job)
    return [job for job in jobs if job in taken and job.renewed], refused


def samples(jobs: Sequence[Job], each: int) -> list[Job]:
    """``each`` jobs of every rule, spread over all of them."""
    chosen = []
    for rule in dict.fromkeys(job.rule for job in jobs):
        some = [job for job in jobs if job.rule == rule]
        chosen += [some[i * (len(some) - 1) // max(each - 1, 1)] for i in range(min(each, len(some)))]
    return list(dict.fromkeys(chosen))


def mirror(without: Sequence[str], target: Path) -> None:
    """Lay the working directory out in ``target``, by links, but for the products ``without``, which are to be made there."""
    results, left_out = Path(*Path(without[0]).parts[:2]), set(without)  # results/RUN
    for entry in Path().iterdir():
        if entry.name not in (".snakemake", "logs", results.parts[0], target.name):
            (target / entry.name).symlink_to(entry.resolve())
    for path in sorted(results.rglob("*")):
        place = target / path
        if (
            path.is_file()
            and str(path) not in left_out
            and not any(str(path).startswith(f"{one}/") for one in left_out)
        ):
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.parent == results:  # small, and some are written when a run starts
                shutil.copy2(path, place)
            else:
                place.symlink_to(path.resolve())
    (target / ".snakemake").mkdir()
    for name in ("conda", "model_digests.json"):
        if (known := Path(".snakemake", name)).exists():
            (target / known).symlink_to(known.resolve())


def difference(mine: Path, other: Path, tolerance: float) -> str:
    """How two products differ in content, in words; nothing where they do not, or numbers by at most ``tolerance``."""
    if mine.suffix == ".tar":
        return _of_clips(mine, other, tolerance)
    if mine.suffix == ".parquet":
        return _of_tables(mine, other, tolerance)
    if mine.suffix == ".json":
        return "" if json.loads(mine.read_text()) == json.loads(other.read_text()) else "other values"
    return "" if mine.read_bytes() == other.read_bytes() else "other bytes"


def _of_clips(mine: Path, other: Path, tolerance: float) -> str:
    import numpy as np

    from musicologist.core import shards

    worst, number, total = 0.0, 0, 0
    for a, b in zip_longest(shards.read(mine), shards.read(other)):
        if a is None or b is None or a.key != b.key or a.audio.shape != b.audio.shape or a.sample_rate != b.sample_rate:
            return "other clips"
        distance = float(np.abs(a.audio.astype(np.float64) - b.audio).max())
        if distance <= tolerance and tolerance == 0 and a.record != b.record:
            return f"another record of clip {a.key}"
        worst, number, total = max(worst, distance), number + (distance > tolerance), total + 1
    return f"{number} of {total} clips, by up to {worst:.2g} of full scale" if number else ""


def _of_tables(mine: Path, other: Path, tolerance: float) -> str:
    import numpy as np
    import pyarrow.parquet as pq

    a, b = pq.read_table(mine), pq.read_table(other)
    if not a.schema.equals(b.schema) or len(a) != len(b):
        return "other columns or rows"
    for name in a.column_names:
        if not a[name].equals(b[name]):
            first, second = (_numbers(table[name]) for table in (a, b))
            if first is None or second is None or first.shape != second.shape:
                return f"column {name}"
            distance = np.where(np.isnan(first) & np.isnan(second), 0, np.abs(first - second)).max(initial=0)
            if not distance <= tolerance:
                return f"column {name}, by up to {distance:.2g}"
    return ""


def _numbers(column: Any) -> Any:
    import numpy as np

    while hasattr(column.type, "value_type"):
        column = column.combine_chunks().flatten()
    values = np.asarray(column)
    return values.astype(np.float64) if values.dtype.kind in "fiu" else None


def mark_fresh(jobs: Iterable[Job]) -> dict[Path, str]:
    """Put the new digests in the place of the old ones in Snakemake's records; returns what these were, for ``restore``.

    Products, their times and what else is recorded stay as they are.
    """
    known, before = _records(), {}
    for job in jobs:
        for path in (known[output] for output in job.outputs if output in known):
            before[path] = path.read_text(encoding="utf-8")
            record = json.loads(before[path])
            record["params"] = sorted(job.renewed.get(value, value) for value in record["params"])
            write_text(path, json.dumps(record))
    return before


def restore(before: Mapping[Path, str]) -> None:
    """Put back what ``mark_fresh`` changed."""
    for path, record in before.items():
        write_text(path, record)


def summary(jobs: Sequence[Job], times: Mapping[Job, float]) -> Iterator[tuple[str, str, int, float, bool]]:
    """Rows of (what changed, rule, jobs, hours, whether on a GPU), in the order of the plan."""
    groups: dict[tuple[str, str, bool], list[Job]] = {}
    for job in jobs:
        key = (re.sub(r"(concept) \S+", r"\1", ", ".join(job.changes)) or "what it is made from", job.rule, job.gpu)
        groups.setdefault(key, []).append(job)
    for (change, rule, gpu), some in groups.items():
        yield change, rule, len(some), sum(times.get(job, 0.0) for job in some) / 3600, gpu
