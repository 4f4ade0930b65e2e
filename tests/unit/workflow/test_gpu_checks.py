"""What a node may lack for the run's GPU jobs: each has its own sentence. tests/slurm runs the check on a real Slurm."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from musicologist.core.errors import UserError
from musicologist.workflow import gpu_checks
from musicologist.workflow.gpu_checks import Gpu, Plan, Torch

SCRIPT = Path(__file__).parents[3] / "scripts/gpu_check.py"
GB = 10**9
CUDA_13 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
CUDA_12 = ("sm_70", "sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
A100 = Gpu("NVIDIA A100-SXM4-40GB", "580.95.05", 40 * GB)
TORCH = Torch("2.11.0+cu130", "13.0", CUDA_13, True, "", (8, 0), 39 * GB, 40 * GB)
BLIND = replace(TORCH, available=False, capability=None, free=None, total=None)


@pytest.mark.parametrize(
    ("driver", "cuda", "remedy"),
    [
        ("580.95.05", "13.0", None),
        ("580.65", "13.0", None),
        ("590.10", "13.2", None),
        ("575.57.08", "13.0", "set `environments: cuda12`"),
        ("525.60.13", "13.0", "set `environments: cuda12`"),
        ("525.60.13", "12.8", None),
        ("470.256.02", "12.8", "ask the cluster's administrators"),
        ("470.256.02", "13.0", "ask the cluster's administrators"),
        ("580.95.05", None, None),
    ],
)
def test_a_driver_that_is_too_old(driver, cuda, remedy):
    said = gpu_checks.driver_problem(replace(A100, driver=driver), replace(BLIND, cuda=cuda))
    assert (said is None) == (remedy is None)
    if remedy:
        assert f"on this node is {driver}" in said and f"built for CUDA {cuda}" in said and remedy in said


@pytest.mark.parametrize(
    ("capability", "architectures", "remedy"),
    [
        ((8, 0), CUDA_13, None),
        ((8, 9), CUDA_13, None),
        ((7, 5), CUDA_13, None),
        ((7, 0), CUDA_12, None),
        ((7, 0), CUDA_13, r"compute capability 7\.0, and torch \S+ has kernels for 7\.5, 8\.0, .*cuda12"),
        ((6, 0), CUDA_12, "12.0: use a partition with newer GPUs"),
        ((6, 1), CUDA_13, "12.0: use a partition with newer GPUs"),
        ((13, 0), CUDA_13, "newer than this torch"),
        ((13, 0), (*CUDA_13, "compute_120"), None),
        ((9, 0), ("sm_90a",), None),
        ((8, 0), (), None),
    ],
)
def test_a_gpu_that_this_torch_has_no_kernels_for(capability, architectures, remedy):
    torch = replace(TORCH, capability=capability, architectures=architectures)
    said = gpu_checks.capability_problem(A100, torch)
    if remedy is None:
        assert said is None
    else:
        assert re.search(remedy, said)


def test_a_folder_of_models_that_the_node_cannot_read(tmp_path):
    assert gpu_checks.hub_problem({"HOME": str(tmp_path)}, hub=False) is None
    assert gpu_checks.hub_problem({"HF_HOME": str(tmp_path)}, hub=True) is None
    said = gpu_checks.hub_problem({"HF_HOME": "/only/on/the/login/node"}, hub=False)
    assert "cannot read HF_HOME, /only/on/the/login/node (No such file or directory)" in said
    said = gpu_checks.hub_problem({"HOME": str(tmp_path)}, hub=True)
    assert f"{tmp_path}/.cache/huggingface" in said


def test_too_little_memory():
    assert gpu_checks.memory_problem(5 * GB, TORCH) is None
    assert "4 GB of 40 GB are free" in gpu_checks.memory_problem(5 * GB, replace(TORCH, free=4 * GB))
    assert "another program" in gpu_checks.memory_problem(5 * GB, replace(TORCH, free=4 * GB))
    small = replace(TORCH, free=4 * GB, total=4 * GB)
    assert "a single clip takes about 5 GB: ask for a GPU with more memory" in gpu_checks.memory_problem(5 * GB, small)
    assert gpu_checks.memory_problem(5 * GB, BLIND) is None


@pytest.mark.parametrize(
    ("found", "torch", "sentence"),
    [
        (A100, replace(BLIND, cuda=None), "is no CUDA build"),
        (None, BLIND, "sees no NVIDIA driver"),
        (
            A100,
            replace(BLIND, said="CUDA unknown error"),
            "though the node has NVIDIA A100-SXM4-40GB (CUDA unknown error)",
        ),
    ],
)
def test_a_job_that_sees_no_gpu(found, torch, sentence):
    assert sentence in gpu_checks.problems("cuda", found, torch, [], {}, False)["device"]
    assert gpu_checks.problems("auto", found, torch, [], {}, False) == {}


def test_every_problem_is_named_at_once():
    found = replace(A100, driver="535.183.01")
    wrong = gpu_checks.problems("cuda", found, BLIND, ["cuda"], {"HF_HOME": "/none", "LOADEDMODULES": ""}, False)
    assert set(wrong) == {"driver", "modules", "models"}, "that torch sees no GPU follows from the driver"
    assert "The module cuda is not loaded in this job" in wrong["modules"]


def test_the_gpu_of_this_job_is_found_among_those_of_the_node(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf 'NVIDIA A100, 580.95.05, 40960\\nTesla V100, 580.95.05, 16384\\n'\n")
    program.chmod(0o755)
    assert gpu_checks.gpu({}).name == "NVIDIA A100"
    assert gpu_checks.gpu({"CUDA_VISIBLE_DEVICES": "1"}) == Gpu("Tesla V100", "580.95.05", 16 << 30)
    assert gpu_checks.gpu({"CUDA_VISIBLE_DEVICES": "MIG-1"}).name == "NVIDIA A100"
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'\nexit 9\n")
    assert gpu_checks.gpu({}) is None


def test_hours_from_what_was_measured():
    plan = Plan(clips=7000, steps=50, decoded=70_000, embedded=140_000, jobs=250)
    generator, embedder = {"load": 20, "step": 0.36, "decode": 0.144}, {"load": 10, "embed": 0.036}
    found = gpu_checks.hours(plan, {"generator": generator, "embedder": embedder})
    assert found == pytest.approx({"sampling": 35, "decoding": 2.8, "embedding": 1.4, "loading": 250 * 30 / 3600})


def test_a_record_speaks_for_its_configuration_and_machines_alone():
    checked, site = {"device": "cuda", "diffusion": "a"}, {"slurm_partition": "gpu", "gres": "gpu:1"}
    record = {"checked": checked, "sites": [site]}
    assert gpu_checks.not_passed(record, checked, site) is None
    assert gpu_checks.not_passed(None, checked, site) == "it has not passed yet"
    assert "diffusion = a, and now it is b" in gpu_checks.not_passed(record, checked | {"diffusion": "b"}, site)
    elsewhere = gpu_checks.not_passed(record, checked, site | {"slurm_partition": "a100"})
    assert elsewhere == "it passed on slurm_partition=gpu, gres=gpu:1"


def record(part: str, **changes: object) -> dict[str, object]:
    seconds = {"load": 1.0, "step": 0.1, "decode": 0.1} if part == "generator" else {"load": 1.0, "embed": 0.1}
    known = {"part": part, "site": {}, "problems": {}, "note": "A GPU.", "device": "cuda", "seconds": seconds}
    return known | {"batch": {"asked": 8, "fits": 8}} | changes


def verdict(folder: Path, *parts: dict[str, object]) -> subprocess.CompletedProcess[str]:
    paths = [folder / f"{part['part']}.json" for part in parts]
    for path, part in zip(paths, parts, strict=True):
        path.write_text(json.dumps(part))
    plan = json.dumps({"clips": 10, "steps": 5, "decoded": 20, "embedded": 40, "jobs": 1})
    command = [sys.executable, SCRIPT, "verdict", "--parts", *paths, "--checked", "{}", "--plan", plan]
    return subprocess.run([*command, "--output", folder / "gpu_check.json"], capture_output=True, text=True)


def test_the_verdict_says_what_the_run_takes(tmp_path):
    done = verdict(tmp_path, record("generator", batch={"asked": 8, "fits": 4}), record("embedder"))
    assert done.returncode == 0, done.stderr
    assert "audio.batch_size is 8, and 4 fit" in done.stderr
    found = json.loads((tmp_path / "gpu_check.json").read_text())
    assert found["hours"]["sampling"] == pytest.approx(5 / 3600)
    assert "GPU-hours" in done.stderr


def test_where_audio_is_given_the_verdict_is_about_the_embedder(tmp_path):
    done = verdict(tmp_path, record("embedder"))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "gpu_check.json").read_text())["hours"]
    assert found["embedding"] > 0 and found["sampling"] == 0


def test_jobs_are_refused_where_they_would_go_to_machines_that_were_not_tried():
    wanted, gpu = {"device": "auto"}, {"slurm_partition": "gpu", "gres": "gpu:1", "mem_mb": 1000}
    record = {"checked": wanted, "sites": [gpu_checks.site_of(gpu)]}
    gpu_checks.check_tried(record, wanted, [("generate_audio", gpu)])
    gpu_checks.check_tried(None, wanted, [])
    where = "GPU jobs (embed_audio) are to be queued on slurm_partition=cpu, and this configuration has not been tried there"
    with pytest.raises(UserError, match=re.escape(where)):
        gpu_checks.check_tried(record, wanted, [("generate_audio", gpu), ("embed_audio", {"slurm_partition": "cpu"})])


def test_a_verdict_with_problems_says_each_once_and_the_next_check_begins_anew(tmp_path):
    wrong = {"driver": "The driver is old."}
    parts = record("generator", problems=wrong), record("embedder", problems=wrong | {"models": "HF_HOME is away."})
    done = verdict(tmp_path, *parts)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.count("The driver is old.") == 1 and "HF_HOME is away." in last
    assert list(tmp_path.iterdir()) == []
