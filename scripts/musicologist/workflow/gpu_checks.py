"""What must be right on a GPU node before a run is queued, from its driver to its free memory, and what the run will cost."""

import os
import subprocess
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.core.errors import UserError
from musicologist.models import devices

if TYPE_CHECKING:
    from musicologist.workflow.run import Run

DRIVERS = {11: (450, 80), 12: (525, 60), 13: (580, 65)}
"""The oldest driver on Linux for each CUDA (NVIDIA's minor version compatibility), by CUDA's first number."""

SITE = ("slurm_partition", "constraint", "gres", "gpu", "gpu_model", "slurm_extra", "qos", "clusters")
"""The resources that say on which machines a job runs."""

OLDER_VARIANT = "cuda12"
OLDEST_IN_VARIANT = (7, 0)


@dataclass(frozen=True)
class Gpu:
    """What the driver says of this job's GPU; memory in bytes."""

    name: str
    driver: str
    memory: int


@dataclass(frozen=True)
class Torch:
    """What PyTorch says: its CUDA (None: a build without), the GPUs it has kernels for, the GPU it sees; memory in bytes."""

    version: str
    cuda: str | None
    architectures: tuple[str, ...]
    available: bool
    said: str = ""
    capability: tuple[int, int] | None = None
    free: int | None = None
    total: int | None = None


def gpu(environment: Mapping[str, str] = os.environ) -> Gpu | None:
    """This job's GPU as ``nvidia-smi`` lists it; None where there is no NVIDIA driver."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=60)
    except (FileNotFoundError, PermissionError, subprocess.TimeoutExpired):
        return None
    rows = [[cell.strip() for cell in row.split(",")] for row in done.stdout.splitlines()]
    rows = [row for row in rows if len(row) == 3 and row[2].isdecimal()]
    if not rows:
        return None
    first = environment.get("CUDA_VISIBLE_DEVICES", "").split(",")[0]
    row = rows[int(first) if first.isdecimal() and int(first) < len(rows) else 0]
    return Gpu(row[0], row[1], int(row[2]) << 20)


def torch_facts() -> Torch:
    """What the PyTorch of this environment is, and what it sees here."""
    import torch

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        available = torch.cuda.is_available()
    said = " ".join(str(caught[-1].message).split())[:200] if caught and not available else ""
    flags = getattr(torch._C, "_cuda_getArchFlags", lambda: "")() or ""
    known = (torch.__version__, torch.version.cuda, tuple(flags.split()), available, said)
    if not available:
        return Torch(*known)
    free, total = torch.cuda.mem_get_info()
    return Torch(*known, torch.cuda.get_device_capability(), free, total)


def problems(
    device: str, found: Gpu | None, torch: Torch, modules: Sequence[str], environment: Mapping[str, str], hub: bool
) -> dict[str, str]:
    """What is wrong on this node for a job that runs on ``device`` (auto, cpu or cuda), by kind: a sentence each.

    ``hub``: whether a model comes from the hub's cache.
    """
    wrong = {
        "driver": driver_problem(found, torch),
        "capability": capability_problem(found, torch),
        "modules": modules_problem(modules, environment),
        "models": hub_problem(environment, hub),
    }
    if device == "cuda" and not torch.available and not wrong["driver"]:
        wrong["device"] = device_problem(found, torch)
    return {kind: sentence for kind, sentence in wrong.items() if sentence}


def driver_problem(found: Gpu | None, torch: Torch) -> str | None:
    """Where the driver is older than this PyTorch's CUDA needs."""
    if found is None or torch.cuda is None:
        return None
    major = int(torch.cuda.split(".")[0])
    version = tuple(int(part) for part in found.driver.split(".")[:2] if part.isdecimal())
    needed = DRIVERS.get(major, DRIVERS[max(DRIVERS)])
    if version >= needed:
        return None
    older = [cuda for cuda in DRIVERS if cuda < major and version >= DRIVERS[cuda]]
    remedy = (
        f"set `environments: {OLDER_VARIANT}`, whose torch is built for CUDA 12"
        if 12 in older
        else "ask the cluster's administrators for a newer driver, or use another partition"
    )
    return (
        f"The driver of {found.name} on this node is {found.driver}, and torch {torch.version} is built for CUDA {torch.cuda},"
        f" which needs {'.'.join(map(str, needed))} or newer: {remedy}."
    )


def capability_problem(found: Gpu | None, torch: Torch) -> str | None:
    """Where this PyTorch has no kernels for the GPU: a kernel runs on the same generation from its own number upwards."""
    if torch.capability is None or not torch.architectures:
        return None
    major, minor = torch.capability
    known = [_number(name) for name in torch.architectures if name.startswith("sm_")]
    portable = [_number(name) for name in torch.architectures if name.startswith("compute_")]
    if any(a == major and b <= minor for a, b in known) or any((a, b) <= (major, minor) for a, b in portable):
        return None
    listed = ", ".join(f"{a}.{b}" for a, b in sorted({*known, *portable}))
    if (major, minor) > max([*known, *portable]):
        remedy = "it is newer than this torch: take a newer one in envs/"
    elif (major, minor) >= OLDEST_IN_VARIANT:
        remedy = f"set `environments: {OLDER_VARIANT}`, which has kernels from 7.0 (Volta) on, or use newer GPUs"
    else:
        remedy = "use a partition with newer GPUs"
    name = found.name if found else "The GPU"
    return (
        f"{name} has compute capability {major}.{minor}, and torch {torch.version} has kernels for {listed}: {remedy}."
    )


def _number(architecture: str) -> tuple[int, int]:
    """(9, 0) of ``sm_90a``."""
    digits = "".join(letter for letter in architecture.partition("_")[2] if letter.isdecimal())
    return int(digits[:-1]), int(digits[-1])


def modules_problem(modules: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Where an environment module was to be loaded and is not."""
    try:
        devices.check_modules(modules, environment)
    except UserError as error:
        return str(error)
    return None


def hub_problem(environment: Mapping[str, str], hub: bool) -> str | None:
    """Where the folder of the hub's models is named, or needed, and this node cannot read it."""
    named = environment.get("HF_HOME")
    if not (named or hub):
        return None
    place = Path(named or Path(environment.get("HOME", "/")) / ".cache/huggingface")
    try:
        os.listdir(place)
    except OSError as error:
        return (
            f"This node cannot read HF_HOME, {place} ({error.strerror}): set it to a folder on a disk that the compute nodes"
            " share, and fetch the models there."
        )
    return None


def device_problem(found: Gpu | None, torch: Torch) -> str:
    """Why a job with ``device: cuda`` sees no GPU."""
    if torch.cuda is None:
        return (
            f"torch {torch.version} of this environment is no CUDA build: make the environments of envs/ (conda, `make"
            " environments` or the image), or set device: auto."
        )
    if found is None:
        return (
            "This job sees no NVIDIA driver, though the configuration says device: cuda: see that the profile asks for a GPU"
            " (gres, --gpus-per-node) on a partition that has them."
        )
    return (
        f"torch {torch.version} sees no GPU in this job, though the node has {found.name}"
        f" ({torch.said or 'it does not say why'}): see that the profile asks for a GPU (gres, --gpus-per-node)."
    )


def memory_problem(needed: int, torch: Torch) -> str | None:
    """Where a single clip (``needed`` bytes) takes more than is free on the GPU."""
    if torch.free is None or torch.total is None or needed <= torch.free:
        return None
    amounts = f"{torch.free / 1e9:.2g} GB of {torch.total / 1e9:.2g} GB are free on this GPU, and a single clip takes"
    remedy = (
        "another program holds the rest: ask for a GPU of your own"
        if needed <= torch.total
        else "ask for a GPU with more memory (gres, constraint or partition in the profile)"
    )
    return f"{amounts} about {needed / 1e9:.2g} GB: {remedy}."


def note(device: str, found: Gpu | None, torch: Torch) -> str:
    """What the job ran on, in words."""
    if device == "cuda":
        driver = f"driver {found.driver}, " if found else ""
        return f"{found.name if found else 'A GPU'}: {driver}torch {torch.version}, CUDA {torch.cuda}."
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    slurm = f" Slurm gave this job a GPU ({given}), which torch does not see." if given else ""
    return f"No GPU: device: auto goes on on the CPU, with torch {torch.version}.{slurm}"


@dataclass(frozen=True)
class Plan:
    """How much a run is: clips to sample with so many steps, clips to decode and to embed, jobs that load a model."""

    clips: int
    steps: int
    decoded: int
    embedded: int
    jobs: int

    @classmethod
    def of(cls, run: "Run") -> "Plan":
        """What a run generates, and hears of it; notes and the few clips of the controls are not counted."""
        clips = run.config["prompts"]["count"] * run.config["audio"]["samples"]
        return cls(
            clips=clips * run.generates,
            steps=run.config["trajectory"]["steps"],
            decoded=clips * len(run.levels) * run.generates,
            embedded=clips * (len(run.levels) + len(run.steps) * len(run.deformed)) * run.audible,
            jobs=len(run.shards),
        )


def hours(plan: Plan, seconds: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Hours of the device by kind of work, from the seconds that each part measured.

    ``generator`` (none where audio is given): ``load``, ``step`` (a clip, a step), ``decode`` (a clip); ``embedder``: ``load``,
    ``embed`` (a clip).
    """
    generator, embedder = seconds.get("generator", {}), seconds["embedder"]
    taken = {
        "sampling": plan.clips * plan.steps * generator.get("step", 0.0),
        "decoding": plan.decoded * generator.get("decode", 0.0),
        "embedding": plan.embedded * embedder["embed"],
        "loading": plan.jobs * (generator.get("load", 0.0) + embedder["load"]),
    }
    return {kind: value / 3600 for kind, value in taken.items()}


def site_of(resources: Mapping[str, Any]) -> dict[str, Any]:
    """On which machines a job of these resources runs: those of ``SITE`` that are set."""
    return {key: resources.get(key) for key in SITE if resources.get(key) not in (None, "")}


def check_tried(
    record: Mapping[str, Any] | None, wanted: Mapping[str, Any], jobs: Iterable[tuple[str, Mapping[str, Any]]]
) -> None:
    """Raise UserError where jobs (rule, resources) would go to machines for which the record does not speak."""
    for rule, resources in jobs:
        site = site_of(resources)
        if why := not_passed(record, wanted, site):
            raise UserError(
                f"GPU jobs ({rule}) are to be queued on {words(site)}, and this configuration has not been tried there: {why}. "
                "`snakemake --profile slurm gpu_check` tries it in two minutes."
            )


def not_passed(record: Mapping[str, Any] | None, wanted: Mapping[str, Any], site: Mapping[str, Any]) -> str | None:
    """Why a record of the check does not speak for this configuration on these machines; None where it does."""
    if record is None:
        return "it has not passed yet"
    before = record.get("checked", {})
    changed = [key for key in wanted if before.get(key) != wanted[key]]
    if changed:
        return f"it passed with {changed[0]} = {before.get(changed[0])}, and now it is {wanted[changed[0]]}"
    if dict(site) not in record.get("sites", []):
        return f"it passed on {', '.join(map(words, record.get('sites', []))) or 'no partition'}"
    return None


def words(site: Mapping[str, Any]) -> str:
    """``slurm_partition=gpu, gres=gpu:1``."""
    return ", ".join(f"{key}={value}" for key, value in site.items()) or "this machine"
