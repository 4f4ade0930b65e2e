"""A real Slurm for the session, and runs of the small test workflow (workflow/Snakefile) with the project's own profile."""

import errno
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snakemake_executor_plugin_safe_slurm import queue

from tests.slurm.cluster import MODULES, Cluster, why_not

ROOT = Path(__file__).parents[2]
WORKFLOW = Path(__file__).parent / "workflow"
PATIENCE_S = 900
_spec = importlib.util.spec_from_file_location("choose", ROOT / "profiles/slurm/sites/choose.py")
choose = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(choose)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Bring Slurm up once, before the workers start."""
    if not hasattr(session.config, "workerinput") and not why_not():
        session.config.slurm_was_up = Cluster().alive("slurmctld")
        Cluster().up()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave a Slurm that was up already."""
    if not getattr(session.config, "slurm_was_up", True):
        Cluster().down()


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    reason = why_not()
    if not reason and not Cluster().alive("slurmctld"):
        reason = "No Slurm is running here: `make test-slurm` starts one."
    if reason:
        pytest.skip(reason)
    return Cluster()


def environment() -> dict[str, str]:
    """What a user's shell on the login node has: the virtual environment, and the site's modules."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"MODULEPATH": str(MODULES), **os.environ, "PATH": path, "OMP_NUM_THREADS": "1"}


class Run:
    """The test workflow for so many shards (twelve at most) in a directory of its own."""

    def __init__(
        self,
        path: Path,
        shards: int = 12,
        profile: str = "safe",
        site: str = "ampere",
        config: str = "",
        **changes: str,
    ) -> None:
        self.path, self.environment = path, environment()
        self.shards = [f"{shard:02d}" for shard in range(shards)]
        self.config = [f"shards={shards}", *config.split()]
        (path / "faults").mkdir(parents=True)
        (path / "profile").mkdir()
        shutil.copytree(ROOT / "profiles/default", path / "profiles/default")
        text = choose.with_site((ROOT / "profiles/slurm/config.yaml").read_text(), site)
        text = re.sub(r"(?m)^software-deployment-method: .*\n", "", text)
        for old, new in {
            "configfile: config/paper.yaml": "",
            "latency-wait: 60": "latency-wait: 5",
            **changes,
        }.items():
            assert old in text, f"{old!r} is not in the profile"
            text = text.replace(old, new)
        text += "safe-slurm-init-seconds-before-status-checks: 2\n"
        if profile == "official":
            text = text.replace("safe-slurm", "slurm")
        (path / "profile/config.yaml").write_text(text)
        self.log = path / "run.log"
        self.processes = []

    def fault(self, what: str, *shards: str) -> None:
        for shard in shards:
            (self.path / "faults" / shard).write_text(what)

    def program(self, name: str, script: str) -> None:
        """Put a shell script before the program of this name; it finds that one as ``$real``."""
        folder = self.path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\nreal={shutil.which(name)}\n{script}")
        (folder / name).chmod(0o755)
        self.environment["PATH"] = f"{folder}{os.pathsep}{environment()['PATH']}"

    def command(self, *arguments: str) -> list[str]:
        snakefile = str(WORKFLOW / "Snakefile")
        return [sys.executable, "-m", "snakemake", "--snakefile", snakefile, *arguments, "--config", *self.config]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake with the profile; ``log`` holds all that it says."""
        with open(self.log, "a") as log:
            # Where these tests run in the background of a script, SIGINT is ignored and Snakemake would inherit that.
            process = subprocess.Popen(
                ["env", "--default-signal=INT", *self.command("--profile", "profile", *arguments)],
                cwd=self.path,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def finish(self, *arguments: str) -> int:
        """Run to the end; the exit code."""
        return self.start(*arguments).wait(PATIENCE_S)

    def local(self) -> None:
        """Run without Slurm, undisturbed."""
        subprocess.run(self.command("--cores", "1"), cwd=self.path, check=True, capture_output=True)

    def diary(self, shard: str) -> list[str]:
        file = self.path / "diary" / shard
        return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []

    def slurm_id(self, shard: str) -> str:
        """ARRAY_TASK of the shard's latest start. (Not Slurm's plain number: the last task's is the whole array's.)"""
        return (self.path / "diary" / shard).read_text().split()[-1]

    def count(self, word: str) -> int:
        return sum(word in self.diary(shard) for shard in self.shards)

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, f"not after {PATIENCE_S} s: {what}\n{self.report()}"
            time.sleep(0.2)

    def wait(self, word: str, *shards: str) -> None:
        """Wait until all these shards have written ``word`` into their diaries."""
        self.wait_for(lambda: all(word in self.diary(shard) for shard in shards), f"{word} of {shards}")

    def products(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in (self.path / "out").iterdir()}

    def report(self) -> str:
        return self.log.read_text()[-6000:]


def kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> dict[str, str]:
    """The products of a run without Slurm."""
    run = Run(tmp_path_factory.mktemp("undisturbed") / "run")
    run.local()
    return run.products()


@pytest.fixture
def new_run(tmp_path, cluster):
    """Make runs (their name, and what ``Run`` takes); whatever a test leaves of them in the queue is cancelled."""
    runs = []

    def new_run(name: str = "run", **options: Any) -> Run:
        runs.append(Run(tmp_path / f"{name}{len(runs)}", **options))
        return runs[-1]

    yield new_run
    for run in runs:
        for process in run.processes:
            kill(process)
        jobs = queue.of_directory(str(run.path))
        cluster.call("scancel", *(job.partition("_[")[0] for job in jobs), check=False)


@pytest.fixture
def check(undisturbed):
    """What must hold in the end."""

    def check(run: Run) -> None:
        expected = {f"shard_{shard}.txt": undisturbed[f"shard_{shard}.txt"] for shard in run.shards}
        assert run.products() == expected | {"table.txt": "".join(expected.values())}, run.report()
        assert [run.diary(shard).count("end") for shard in run.shards] == [1] * len(run.shards)
        assert not any("two" in run.diary(shard) for shard in run.shards)
        for shard in run.shards:  # no attempt may have begun after the finished one
            assert run.diary(shard)[-1] == "end"

    return check


@pytest.fixture
def scratch(tmp_path):
    """A file system of its own that holds 200 kB."""
    place = tmp_path / "scratch"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)
    shutil.rmtree(place, ignore_errors=True)


def fill(ballast: Path) -> None:
    """Write until the file system has no byte left."""
    with open(ballast, "wb", buffering=0) as stream:
        for block in (4096, 1):
            try:
                while stream.write(bytes(block)):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
