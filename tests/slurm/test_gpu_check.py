"""`snakemake --profile slurm gpu_check` on a real Slurm, where the node lacks something; where it passes: test_demo.py.

What a node may lack is simulated: `nvidia-smi` is a script, and PyTorch says what pretend.py makes it say.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.slurm.conftest import environment
from tests.workflow.conftest import Checkout

PRETEND = Path(__file__).parent / "pretend.py"
OPTIONS = ("--sdm", "env-modules", "--configfile", "tests/workflow/small.yaml")
FAST = ("--safe-slurm-init-seconds-before-status-checks", "3", "--latency-wait", "10")
KERNELS = "sm_75 sm_80 sm_86 sm_90"


class Login:
    """A checkout on a login node, and the shell that starts Snakemake there."""

    def __init__(self, folder: Path) -> None:
        self.checkout = Checkout(folder / "checkout")
        self.folder, self.environment = folder, environment()

    def program(self, name: str, script: str) -> None:
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        self.environment["PATH"] = f"{file.parent}{os.pathsep}{environment()['PATH']}"

    def pretend(self, driver: str, capability: tuple[int, int], free: float) -> None:
        """Let the node's GPU have this driver, and PyTorch see this capability and so many free bytes of 16 GB."""
        self.program("nvidia-smi", f"echo 'Tesla V100-SXM2-16GB, {driver}, 16384'")
        self.program(
            "python", f'case "$1" in scripts/gpu_check.py) set -- {PRETEND} "$@";; esac; exec {sys.executable} "$@"'
        )
        said = {"cuda": "13.0", "available": True, "capability": capability, "free": free, "total": 16e9}
        self.environment["PRETEND"] = json.dumps(said | {"architectures": KERNELS})

    def said(self, *arguments: str) -> str:
        """What a start that fails says."""
        command = [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", *OPTIONS, *FAST, *arguments]
        done = subprocess.run(command, cwd=self.checkout.path, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def login(cluster, tmp_path) -> Login:
    return Login(tmp_path)


def test_all_that_a_node_lacks_is_said_at_once_and_nothing_is_queued_after_it(login, cluster):
    # the modules' program lists them on the login node, and does not load them in jobs
    login.checkout.edit("rules/gpu_check.smk", "modules=LOADED_MODULES", "modules='cuda cudnn tensorrt'")
    login.environment["HF_HOME"] = "/only/on/the/login/node"
    login.pretend("535.183.01", capability=(7, 0), free=16e9)
    said = login.said("gpu_check")
    assert "The driver of Tesla V100-SXM2-16GB on this node is 535.183.01" in said and "`environments: cuda12`" in said
    assert "Tesla V100-SXM2-16GB has compute capability 7.0, and torch" in said
    assert "The module tensorrt is not loaded in this job" in said
    assert "cannot read HF_HOME, /only/on/the/login/node" in said
    assert len(cluster.jobs_of(login.checkout.path)) == 1, "tried once, and nothing is queued after it"
    assert "it has not passed yet" in login.said("results/small/audio/shard_0000.json")
    assert len(cluster.jobs_of(login.checkout.path)) == 1


def test_a_gpu_that_is_too_full(login, cluster):
    login.pretend("580.95.05", capability=(8, 0), free=1e6)
    assert "0.001 GB of 16 GB are free on this GPU" in login.said("gpu_check")
    assert len(cluster.jobs_of(login.checkout.path)) == 1
