"""The real workflow through `snakemake --profile slurm`, beside a run without Slurm and one with another executor."""

import json
import re
import subprocess

import pytest
import yaml

from tests.slurm.cluster import Cluster
from tests.slurm.conftest import PATIENCE_S, environment, kill
from tests.workflow.conftest import Checkout
from tests.workflow.products import differences, names

CONFIG = "slurm.yaml"
CHANGES = (
    ("run: small", "run: slurm"),
    ("[is_brass, is_warm]", "[is_warm]"),
    ("steps: 6", "steps: 3"),
    ("keep: [0, 3, 5]", "keep: [0, 2]"),
    ("signals: [denoised, noisy]", "signals: [denoised]"),
    ("    logistic: {C: 1}\n", ""),
)  # of the workflow tests' small configuration
RESULTS = "results/slurm"
CLUSTER_GENERIC = ("--executor", "cluster-generic", "--jobs", "8", "--cluster-generic-submit-cmd")
SBATCH = "sbatch --parsable --account lab --partition cpu --mem 100 --output /dev/null"
GPU_RULES = {"generate_audio", "embed_audio", "embed_notes"}
SINGLE_GPU_JOBS = {"generate_unconditional", "embed_unconditional"}
SITE = ("slurm_partition=gpu", "constraint=ampere", "gres=gpu:1")


class OnSlurm:
    """A checkout that was set up as profiles/README.md says, and what its runs said."""

    def __init__(self, checkout: Checkout, home) -> None:
        self.checkout = checkout
        checkout.configuration(CONFIG, *CHANGES)
        (home / "snakemake").mkdir(parents=True)
        (home / "snakemake/slurm").symlink_to(checkout / "profiles/slurm")
        self.environment = {**environment(), "XDG_CONFIG_HOME": str(home)}

    def run(self, *targets: str, code: int = 0) -> str:
        """Everything that Snakemake says; the options after the first line make the test fast, no more."""
        command = ["snakemake", "--profile", "slurm", "--sdm", "env-modules", "--configfile", CONFIG]
        command += ["--safe-slurm-init-seconds-before-status-checks", "3", "--latency-wait", "10", *targets]
        done = subprocess.run(command, cwd=self.checkout.path, env=self.environment, capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert done.returncode == code and "Traceback" not in said, said[-6000:]
        return said


@pytest.fixture(scope="module")
def beside(cluster, tmp_path_factory):
    """A run without Slurm that goes on while Slurm's jobs are waited for: its checkout, and its process."""
    checkout = Checkout(tmp_path_factory.mktemp("local"))
    checkout.configuration(CONFIG, *CHANGES)
    with open(checkout / "run.log", "w") as log:
        command = checkout.command("--cores", "2", config=CONFIG)
        process = subprocess.Popen(
            command, cwd=checkout.path, env=checkout.environment, stdout=log, stderr=log, start_new_session=True
        )
    yield checkout, process
    kill(process)


@pytest.fixture(scope="module")
def local(beside) -> Checkout:
    """A run without Slurm, finished."""
    checkout, process = beside
    assert process.wait(PATIENCE_S) == 0, (checkout / "run.log").read_text()[-6000:]
    return checkout


@pytest.fixture(scope="module")
def on_slurm(cluster, beside, tmp_path_factory):
    """A checkout in which the run was refused, tried with gpu_check, and made; and what that last start said."""
    run = OnSlurm(Checkout(tmp_path_factory.mktemp("cluster")), tmp_path_factory.mktemp("home"))
    said = run.run(code=1)
    where = f"are to be queued on {', '.join(SITE)}, and this configuration has not been tried there: it has not passed"
    assert where in said
    assert "`snakemake --profile slurm gpu_check` tries it in two minutes" in said
    assert not cluster.jobs_of(run.checkout.path)
    run.run("gpu_check")
    assert len(cluster.jobs_of(run.checkout.path)) == 1, "both parts are one job"
    return run, run.run()


def accounting(cluster: Cluster, said: str) -> list[dict[str, str]]:
    """The accounting's row of every job of a run."""
    name = re.search(r"SLURM run ID: (\S+)", said).group(1)
    columns = ("jobid", "partition", "constraints", "alloctres", "state", "comment")
    since = "--starttime=now-1days"  # by default sacct begins at midnight
    rows = cluster.call("sacct", "-X", "-n", "--parsable2", since, f"--name={name}", f"--format={','.join(columns)}")
    found = [dict(zip(columns, row.split("|"), strict=True)) for row in rows.splitlines()]
    # what stands behind the rule tells one submission from another
    return [
        row | {"rule": row["comment"].removeprefix("rule_").partition(" ")[0].partition("_wildcards_")[0]}
        for row in found
    ]


def test_the_products_are_those_of_a_local_run(on_slurm, local):
    run, _ = on_slurm
    # what was tried on the nodes first is no product of a local run
    found = differences(local / RESULTS, run.checkout / RESULTS)
    assert found == ["gpu_check.json"]


def test_the_check_speaks_for_its_machines_and_says_what_the_run_takes(on_slurm):
    run, _ = on_slurm
    found = json.loads((run.checkout / RESULTS / "gpu_check.json").read_text())
    assert found["sites"] == 2 * [dict(one.split("=") for one in SITE)]
    assert "Slurm gave this job a GPU" in found["findings"][0] and "hours" in found["findings"][-1]
    elsewhere = ("--forcerun", "generate_audio", "--set-resources", "generate_audio:slurm_partition=urgent")
    assert f"has not been tried there: it passed on {', '.join(SITE)}" in run.run(*elsewhere, code=1)


def test_the_products_are_those_of_another_executor(cluster, local, tmp_path):
    """From prompts to a concept's picture, with the groups of the Slurm profile."""
    other = Checkout(tmp_path / "other")
    other.configuration(CONFIG, *CHANGES)
    groups = yaml.safe_load((other / "profiles/slurm/config.yaml").read_text())["groups"]
    other.run(
        f"{RESULTS}/concepts/is_warm/emergence.png",
        *CLUSTER_GENERIC,
        SBATCH,
        *("--groups", *(f"{rule}={group}" for rule, group in groups.items())),
        config=CONFIG,
    )
    assert len(cluster.jobs_of(other.path)) > 10
    made = set(names(other / RESULTS))
    assert {"audio/shard_0000.json", "concepts/is_warm/svm.skops", "concepts/is_warm/emergence.png"} <= made
    assert not made & set(differences(local / RESULTS, other / RESULTS))


def test_gpu_rules_are_arrays_and_the_others_on_the_cpu_partition(on_slurm, cluster):
    _, said = on_slurm
    rows = accounting(cluster, said)
    assert {row["state"] for row in rows} == {"COMPLETED"}
    gpu = [row for row in rows if row["rule"] in GPU_RULES]
    assert {row["rule"] for row in gpu} == GPU_RULES
    assert len(gpu) == 2 + 2 + 2
    for row in gpu:
        assert "_" in row["jobid"] and row["partition"] == "gpu" and row["constraints"] == "ampere"
        assert "gres/gpu=1" in row["alloctres"]
    single = [row for row in rows if row["rule"] in SINGLE_GPU_JOBS]
    assert {row["rule"] for row in single} == SINGLE_GPU_JOBS
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
