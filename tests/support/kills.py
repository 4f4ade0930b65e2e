"""Killing programs with -9 at random moments: one job's script by itself, and Snakemake with or without its jobs."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.workflow.conftest import Checkout
from tests.workflow.products import differences

_JOB = re.compile(
    r"^(?:local)?(?:rule|checkpoint) (\w+):\n(.*?)^Shell command: (.*?)(?=^\[|\Z)", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Job:
    """The first job of a rule: its shell command, and the files that it writes."""

    rule: str
    command: str
    outputs: list[str]


def jobs(checkout: Checkout, config: str = "tests/workflow/small.yaml", *targets: str) -> dict[str, Job]:
    """A job of each rule that writes something, by the rule's name, as a dry-run of everything tells them."""
    done = checkout.snakemake("-n", "--forceall", "--printshellcmds", *targets, config=config)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Job] = {}
    for rule, about, command in _JOB.findall(done.stdout + done.stderr):
        if outputs := re.search(r"^ +output: (.+)$", about, re.MULTILINE):
            found.setdefault(rule, Job(rule, command.strip(), outputs[1].split(", ")))
    return found


def start(checkout: Checkout, command: str | list[str]) -> subprocess.Popen[bytes]:
    """A program in a process group of its own, which says nothing."""
    return subprocess.Popen(
        command,
        shell=isinstance(command, str),
        executable="/bin/bash" if isinstance(command, str) else None,
        cwd=checkout.path,
        env=checkout.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def started(checkout: Checkout, command: str | list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The same, until it is killed with all its processes at the end of the block."""
    process = start(checkout, command)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End all of a process group, if anything of it is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def leftovers(folder: Path) -> list[str]:
    """Temporary files below a folder."""
    return sorted(path.name for path in folder.rglob("*") if ".tmp" in path.name)


def _writes(folders: Iterable[Path]) -> bool:
    return any(".tmp" in entry.name for folder in folders if folder.is_dir() for entry in os.scandir(folder))


def kill_script(checkout: Checkout, job: Job, count: int, dice: random.Random) -> dict[str, float]:
    """Kill a job's living script ``count`` times, run it once more, and compare with what it wrote before.

    Every other time the moment lies anywhere in the time that it takes, every other time in the time for which it has temporary
    files. Gives how many kills met it alive (``kills``), how many left a temporary file (``met``), and its seconds. Raises
    AssertionError where a product is half, changed or missing, or a temporary file is left in the end.
    """
    targets = [checkout.path / name for name in job.outputs]
    folders = {target.parent for target in targets}
    kept = checkout.path.parent / f"{checkout.path.name}-kept"
    shutil.rmtree(kept, ignore_errors=True)
    _copy(job.outputs, checkout.path, kept)
    try:
        return _killed(checkout, job, count, dice, kept)
    finally:  # as it was, with its times, which the run's card tells, and so that no fault shows again in the next job
        _remove([path for folder in folders for path in folder.rglob("*") if ".tmp" in path.name])
        _copy(job.outputs, kept, checkout.path)


def _killed(checkout: Checkout, job: Job, count: int, dice: random.Random, kept: Path) -> dict[str, float]:
    targets = [checkout.path / name for name in job.outputs]
    folders = {target.parent for target in targets}
    seconds, begins = _measured(checkout, job, folders)
    found = {"kills": 0, "met": 0, "seconds": seconds}
    for number in range(3 * count):  # some come too late
        if found["kills"] == count:
            break
        _remove(targets)
        with started(checkout, job.command) as process:
            if number % 2:
                while process.poll() is None and not _writes(folders):
                    time.sleep(0.001)
                time.sleep(dice.random() ** 2 * (seconds - begins))
            else:
                time.sleep(dice.uniform(0.1, 0.9) * seconds)
            found["kills"] += process.poll() is None
            kill(process)
        found["met"] += _writes(folders)
        for target in targets:
            if target.is_file():
                assert not _changed(checkout, kept, [target]), f"{job.rule}: {target} is half"
    with started(checkout, job.command) as process:
        assert process.wait() == 0, job.command
    assert not _changed(checkout, kept, targets), f"{job.rule}: {_changed(checkout, kept, targets)}"
    left = sorted(name for folder in folders for name in leftovers(folder))
    assert not left, f"{job.rule} left {left}"
    return found


def _measured(checkout: Checkout, job: Job, folders: Iterable[Path]) -> tuple[float, float]:
    """How long a job takes, and after how long it has a temporary file, in seconds."""
    begin, begins = time.monotonic(), None
    with started(checkout, job.command) as process:
        while process.poll() is None:
            if begins is None and _writes(folders):
                begins = time.monotonic() - begin
            time.sleep(0.001)
        assert process.returncode == 0, job.command
    seconds = time.monotonic() - begin
    return seconds, seconds if begins is None else begins


def _copy(names: Iterable[str], root: Path, to: Path) -> None:
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(to / name, ignore_errors=True)
        shutil.copytree(root / name, to / name) if (root / name).is_dir() else shutil.copy2(root / name, to / name)


def _remove(targets: Iterable[Path]) -> None:
    """As Snakemake does before it starts a job."""
    for target in targets:
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)


def _changed(checkout: Checkout, kept: Path, targets: Iterable[Path]) -> list[str]:
    """Those of the targets that are not as they were kept."""
    names = [target.relative_to(checkout.path) for target in targets]
    return [str(name) for name in names if not same(kept / name, checkout.path / name)]


def same(first: Path, second: Path) -> bool:
    """Whether two products hold the same."""
    if first.is_dir() or not second.is_file():
        return first.is_dir() and second.is_dir() and not differences(first, second)
    with_one = [path.parent / f".one-{path.name}" for path in (first, second)]
    for path, folder in zip((first, second), with_one, strict=True):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.link(path, folder / path.name)
    try:
        return not differences(*with_one)
    finally:
        for folder in with_one:
            shutil.rmtree(folder)


def kill_snakemake(checkout: Checkout, count: int, dice: random.Random, most: float = 12.0) -> int:
    """Kill a run ``count`` times on its way, every other time Snakemake alone while its jobs write on; then let it end.

    Gives how many kills met it alive. Two are started at once in the end, of which one gets the sentence about the lock.
    """
    met = 0
    orphans = []
    for number in range(count):
        process = start(checkout, checkout.command())
        time.sleep(dice.uniform(2.5, most))
        met += process.poll() is None
        if number % 2:
            process.kill()
            process.wait()
            orphans.append(process)
        else:
            kill(process)
        checkout.run("--unlock")
    with started(checkout, checkout.command()) as first:
        time.sleep(1.5)
        second = checkout.snakemake(terminal="")
        code = first.wait()
    codes = sorted([code, second.returncode])
    assert codes == [0, 1] or codes == [0, 0], codes  # or the first had nothing left to do
    checkout.run()
    for orphan in orphans:
        kill(orphan)
    return met
