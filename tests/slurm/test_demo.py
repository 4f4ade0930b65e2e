"""The real workflow for three concepts through `snakemake --profile slurm`, beside a run without Slurm."""

import re
import subprocess

import pytest

from tests.slurm.cluster import Cluster
from tests.slurm.conftest import environment
from tests.workflow.conftest import Checkout
from tests.workflow.products import differences

CONFIG = "three.yaml"
# The workflow tests' small configuration, with three concepts and four shards of prompts.
CHANGES = (
    ("run: small", "run: slurm"),
    ("concepts: [is_brass, is_warm]", "concepts: [is_brass, is_warm, is_organ]"),
    ("prompts_per_shard: 11", "prompts_per_shard: 6"),
)
GPU_RULES = {"generate_audio", "embed_audio", "embed_notes"}
SINGLE_GPU_JOBS = {"generate_unconditional", "embed_unconditional"}


class OnSlurm:
    """A checkout that was set up as profiles/README.md says, and what its runs said."""

    def __init__(self, checkout: Checkout, home) -> None:
        self.checkout = checkout
        checkout.configuration(CONFIG, *CHANGES)
        (home / "snakemake").mkdir(parents=True)
        (home / "snakemake/slurm").symlink_to(checkout / "profiles/slurm")
        self.environment = {**environment(), "XDG_CONFIG_HOME": str(home)}

    def run(self) -> str:
        """Everything that Snakemake says; the options after the first line make the test fast, no more."""
        command = ["snakemake", "--profile", "slurm", "--sdm", "env-modules", "--configfile", CONFIG]
        command += ["--safe-slurm-init-seconds-before-status-checks", "3", "--latency-wait", "10"]
        done = subprocess.run(command, cwd=self.checkout.path, env=self.environment, capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-6000:]
        return said


@pytest.fixture(scope="module")
def on_slurm(cluster, tmp_path_factory):
    run = OnSlurm(Checkout(tmp_path_factory.mktemp("cluster")), tmp_path_factory.mktemp("home"))
    return run, run.run()


def accounting(cluster: Cluster, said: str) -> list[dict[str, str]]:
    """The accounting's row of every job of a run."""
    name = re.search(r"SLURM run ID: (\S+)", said).group(1)
    columns = ("jobid", "partition", "constraints", "alloctres", "state", "comment")
    since = "--starttime=now-1days"  # by default sacct begins at midnight
    rows = cluster.call("sacct", "-X", "-n", "--parsable2", since, f"--name={name}", f"--format={','.join(columns)}")
    return [dict(zip(columns, row.split("|"), strict=True)) for row in rows.splitlines()]


def test_the_products_are_those_of_a_local_run(on_slurm, tmp_path):
    local = Checkout(tmp_path / "local")
    local.configuration(CONFIG, *CHANGES)
    local.run(config=CONFIG)
    run, _ = on_slurm
    assert differences(local / "results/slurm", run.checkout / "results/slurm") == []


def test_gpu_rules_are_arrays_and_the_others_on_the_cpu_partition(on_slurm, cluster):
    _, said = on_slurm
    rows = accounting(cluster, said)
    assert {row["state"] for row in rows} == {"COMPLETED"}
    gpu = [row for row in rows if row["comment"].removeprefix("rule_") in GPU_RULES]
    assert {row["comment"].removeprefix("rule_") for row in gpu} == GPU_RULES
    assert len(gpu) == 4 + 4 + 2
    for row in gpu:
        assert "_" in row["jobid"] and row["partition"] == "gpu" and row["constraints"] == "ampere"
        assert "gres/gpu=1" in row["alloctres"]
    single = [row for row in rows if row["comment"].removeprefix("rule_") in SINGLE_GPU_JOBS]
    assert {row["comment"].removeprefix("rule_") for row in single} == SINGLE_GPU_JOBS
    for row in single:
        assert "_" not in row["jobid"] and row["partition"] == "gpu" and row["constraints"] == "ampere"
        assert "gres/gpu=1" in row["alloctres"]
    for row in rows:
        if row not in gpu and row not in single:
            assert row["partition"] == "cpu" and "gpu" not in row["alloctres"] and "_" not in row["jobid"]


def test_there_is_one_array_per_rule_and_wave(on_slurm):
    _, said = on_slurm
    waves = said.split("Select jobs to execute...")
    for rule in GPU_RULES:
        arrays = set(re.findall(rf"array task (\d+)_\d+ \(log: \S*/rule_{rule}/", said))
        assert 1 <= len(arrays) <= sum(f"\nrule {rule}:" in wave for wave in waves)


def test_another_definition_of_a_concept_costs_no_gpu_job(on_slurm, cluster):
    run, _ = on_slurm
    run.checkout.edit("config/concepts.yaml", "near: {qualities: [reverb]}", "near: {qualities: [bright]}")
    rows = accounting(cluster, run.run())
    assert rows and {row["partition"] for row in rows} == {"cpu"}
