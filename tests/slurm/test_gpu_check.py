"""`snakemake --profile slurm gpu_check` on a real Slurm whose GPUs are stand-ins, and the run that asks for it.

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

    def pretend(self, driver: str, memory_mib: int, **torch: object) -> None:
        """Let the node's GPU have this driver and memory, and PyTorch say this."""
        self.program("nvidia-smi", f"echo 'Tesla V100-SXM2-16GB, {driver}, {memory_mib}'")
        self.program(
            "python", f'case "$1" in scripts/gpu_check.py) set -- {PRETEND} "$@";; esac; exec {sys.executable} "$@"'
        )
        self.environment["PRETEND"] = json.dumps(torch)

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", *OPTIONS, *FAST, *arguments]
        return subprocess.run(command, cwd=self.checkout.path, env=self.environment, capture_output=True, text=True)

    def said(self, *arguments: str) -> str:
        """What a start that fails says."""
        done = self.snakemake(*arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def login(cluster, tmp_path) -> Login:
    return Login(tmp_path)


def test_a_run_asks_for_the_check_and_the_check_passes(login, cluster):
    said = login.said("results/small/audio/shard_0000.json")
    assert "slurm_partition=gpu, constraint=ampere, gres=gpu:1" in said and "it has not passed yet" in said
    assert "`snakemake --profile slurm gpu_check` tries it in two minutes" in said
    assert not cluster.jobs_of(login.checkout.path)
    done = login.snakemake("gpu_check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(cluster.jobs_of(login.checkout.path)) == 1, "both parts are one job"
    found = json.loads((login.checkout / "results/small/gpu_check.json").read_text())
    assert found["sites"] == 2 * [{"slurm_partition": "gpu", "constraint": "ampere", "gres": "gpu:1"}]
    assert "Slurm gave this job a GPU" in found["findings"][0] and "hours" in found["findings"][-1]
    assert login.snakemake("results/small/audio/shard_0000.json").returncode == 0
    elsewhere = login.said(
        "results/small/audio/shard_0001.json", "--set-resources", "generate_audio:slurm_partition=urgent"
    )
    assert "it passed on slurm_partition=gpu, constraint=ampere, gres=gpu:1" in elsewhere


def test_an_old_driver_a_missing_module_and_a_folder_that_the_node_cannot_read(login, cluster):
    # the modules' program lists them on the login node, and does not load them in jobs
    login.checkout.edit("rules/gpu_check.smk", "modules=LOADED_MODULES", "modules='cuda cudnn tensorrt'")
    login.environment["HF_HOME"] = "/only/on/the/login/node"
    login.pretend("535.183.01", 16384, cuda="13.0", available=False)
    said = login.said("gpu_check")
    assert "The driver of Tesla V100-SXM2-16GB on this node is 535.183.01" in said and "`environments: cuda12`" in said
    assert "The module tensorrt is not loaded in this job" in said
    assert "cannot read HF_HOME, /only/on/the/login/node" in said
    assert len(cluster.jobs_of(login.checkout.path)) == 1, "tried once, and nothing is queued after it"
    assert "it has not passed yet" in login.said("results/small/audio/shard_0000.json")


@pytest.mark.parametrize(
    ("capability", "free", "sentence"),
    [
        ([7, 0], 16e9, "Tesla V100-SXM2-16GB has compute capability 7.0, and torch"),
        ([8, 0], 1e6, "0.001 GB of 16 GB are free on this GPU"),
    ],
    ids=["capability", "memory"],
)
def test_a_gpu_that_is_too_old_or_too_full(login, cluster, capability, free, sentence):
    torch = {"cuda": "13.0", "available": True, "capability": capability, "free": free, "total": 16e9}
    login.pretend("580.95.05", 16384, **torch, architectures="sm_75 sm_80 sm_86 sm_90")
    assert sentence in login.said("gpu_check")
    assert len(cluster.jobs_of(login.checkout.path)) == 1
