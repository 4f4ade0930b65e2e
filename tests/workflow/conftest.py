"""The workflow as a user has it: a copy of the tracked files in a fresh directory, and the real Snakefile run there."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[2]


def inputs(**places: str) -> tuple[str, str]:
    """The change that gives these inputs to the small configuration."""
    return "prompts:\n", f"inputs: {json.dumps(places)}\nprompts:\n"


class Checkout:
    """A fresh copy of the project's files. ``said`` is what its finished run printed."""

    said = ""

    def __init__(self, path: Path) -> None:
        names = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        self.path = path
        self.files = [name for name in names.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
        for name in self.files:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, path / name)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @property
    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"}

    def command(self, *arguments: str, config: str = "tests/workflow/small.yaml") -> list[str]:
        return [sys.executable, "-m", "snakemake", "--configfile", *config.split(), "--cores", "1", *arguments]

    def snakemake(
        self, *arguments: str, config: str = "tests/workflow/small.yaml", terminal: str = "full"
    ) -> subprocess.CompletedProcess[str]:
        command = self.command(*arguments, config=config)
        environment = {**self.environment, "MUSICOLOGIST_TERMINAL": terminal}
        return subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True)

    def run(self, *arguments: str, config: str = "tests/workflow/small.yaml") -> None:
        """Run and insist on success."""
        done = self.snakemake(*arguments, config=config)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def planned(self, *arguments: str, config: str = "tests/workflow/small.yaml") -> Counter[str]:
        """How many jobs of each rule a dry-run lists."""
        done = self.snakemake("-n", *arguments, config=config)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        table = re.search(r"^job +count\n[- ]+\n(.*?)^total", done.stdout, re.MULTILINE | re.DOTALL)
        rows = (line.rsplit(maxsplit=1) for line in table.group(1).splitlines()) if table else ()
        return Counter({rule.strip(): int(count) for rule, count in rows if rule.strip() != "all"})

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a file exactly once or more."""
        text = (self.path / name).read_text()
        assert old in text, f"{old!r} is not in {name}"
        (self.path / name).write_text(text.replace(old, new))

    @contextmanager
    def edited(self, name: str, old: str, new: str) -> Iterator[None]:
        """Replace a text of a file for a while."""
        before = (self.path / name).read_bytes()
        self.edit(name, old, new)
        try:
            yield
        finally:
            (self.path / name).write_bytes(before)

    def configuration(self, name: str, *changes: tuple[str, str]) -> str:
        """A copy of the small configuration with texts replaced; returns its name."""
        text = (self.path / "tests/workflow/small.yaml").read_text()
        for old, new in changes:
            assert old in text, f"{old!r} is not in small.yaml"
            text = text.replace(old, new)
        (self.path / name).write_text(text)
        return name


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, worker_id) -> Checkout:
    """A checkout in which the small configuration has been run to the end: one run, of which each module has a copy."""
    shared = tmp_path_factory.getbasetemp()
    shared = (shared if worker_id == "master" else shared.parent) / "finished"
    done = shared.with_suffix(".done")
    with FileLock(shared.with_suffix(".lock")):
        if not done.exists():
            ran = Checkout(shared).snakemake(terminal="")
            assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
            done.write_text(ran.stdout + ran.stderr)
    copy = Checkout(tmp_path_factory.mktemp("finished") / "checkout")
    copy.said = done.read_text()
    shutil.copytree(shared, copy.path, symlinks=True, dirs_exist_ok=True)  # with times of change: nothing becomes stale
    return copy
