"""What must be there before a run is queued: models within reach and whole, disk, and the GPU's memory."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from musicologist.audio import sampling_options
from musicologist.core import documents, downloads
from musicologist.core.checkout import found
from musicologist.core.errors import UserError
from musicologist.embedders import registry as embedders
from musicologist.generators import registry as generators
from musicologist.generators.contract import Facts
from musicologist.inputs import section
from musicologist.models import hub, hub_client, weights
from musicologist.notes import nsynth

BUNDLED = "resources/models/"
_FLAC_SHARE = 0.6  # of 16-bit samples: about what music takes as FLAC
_LIVE = 24  # tensors of the transformer's width alive at once in its feed-forward layers, by count
_FLOAT = 4  # bytes
_SIZES = {
    "sampling_rate": (1_000, 384_000),
    "fft_window_size": (16, 1 << 16),
    "hop_length": (1, 1 << 16),
    "feature_size": (1, 4_096),
    "nb_max_samples": (1_000, 1 << 27),
}
"""What a feature extractor may say: Hz, samples, bands."""


@dataclass(frozen=True)
class Need:
    """So many bytes will be written in a folder, and what for."""

    what: str
    folder: Path
    size: int


def foreign_models(models: Mapping[str, str | None], inputs: Mapping[str, str | None]) -> dict[str, str]:
    """Those of the configured models that a run with these inputs uses and that are not part of the checkout.

    They need a check, and perhaps a download; an embedder whose weights come with a package, or that is a file of the user's
    own, needs neither. ``models`` has the run's own embedder as ``clap`` and any other as ``embedders.NAME``. Raises UserError
    where a file of the user's own is missing, or lacks a part of an embedder.
    """
    heard = [kind for kind in models if kind == "clap" or kind.startswith("embedders.")]
    used = ["diffusion"] if section.heard(inputs) is None else []
    used += heard if not (inputs["embeddings"] and inputs["note_embeddings"]) else []
    bundled = {kind: f"{BUNDLED}{'clap' if kind in heard else kind}" for kind in used}
    named = {kind: str(models[kind]) for kind in used if str(models[kind]).rstrip("/") != bundled[kind]}
    for kind in set(heard) & set(named):
        model = named[kind]
        if model.endswith(".py"):
            if not found(model).is_file():
                raise UserError(f"{model} does not exist: models.{kind} names it as the file of your own embedder.")
            embedders.of_model(model)
        if model.endswith(".py") or model in embedders.PACKAGED:
            del named[kind]
    if "diffusion" in named and models["text_encoder"]:
        named["text_encoder"] = models["text_encoder"]
    return named


def check_places(foreign: Mapping[str, str], text_encoder: str | None) -> None:
    """Raise UserError where an embedder or text encoder on this disk is none, before its files' digests are taken.

    Of what is not there nothing is said: it may be on the hub, or be put there before the run starts.
    """
    for kind, model in foreign.items():
        place = found(model)
        if kind != "diffusion" and hub.parse(model) is None and place.exists():
            if not (place.is_dir() or place.is_file()):
                raise UserError(f"models.{kind} is {model}, a pipe or a device: name the folder or file of a model.")
            embedders.of_model(model).check(place)
    if text_encoder and hub.parse(text_encoder) is None:
        place = found(text_encoder)
        if place.exists() and not (place / "config.json").is_file():
            raise UserError(
                f"models.text_encoder is {text_encoder}, which has no config.json: name the folder that a text encoder was "
                "saved to, or leave the key out."
            )


def as_options(models: Mapping[str, object]) -> str:
    """Models by kind as options of a script: ``--diffusion``, ``--text-encoder``, and ``--embedder`` for each embedder."""
    kinds = {"diffusion": "diffusion", "text_encoder": "text-encoder"}
    return " ".join(f"--{kinds.get(kind, 'embedder')} {quote(str(model))}" for kind, model in models.items())


def hub_models(foreign: Mapping[str, str]) -> dict[str, hub.Repository]:
    """Those models that come from the hub; the T5 that a local diffusion model names among them, unless it lies beside it.

    The T5 of a diffusion model from the hub is known, and fetched, with that model.
    """
    from_hub = {kind: repository for kind, model in foreign.items() if (repository := hub.parse(model))}
    if "diffusion" in foreign and "diffusion" not in from_hub and "text_encoder" not in foreign:
        place = found(foreign["diffusion"])
        family = generators.of_model(place)
        with _configured(place):
            encoder = family.text_encoder_of(family.read_config(place), None)
        if isinstance(encoder, hub.Repository) and not (place / encoder.name).is_dir():
            from_hub["text_encoder"] = encoder
    return from_hub


def of_diffusion(model: str, text_encoder: str | None, seconds_total: float) -> tuple[Facts, list[Need], int]:
    """What the model's configuration tells, what will be fetched, and the bytes of weights.

    Raises UserError as ``hub_client.examine`` and ``weights.check``. Of a hub model that is not in the cache yet the small
    configuration is fetched: it says which text encoder is needed.
    """
    repository, place, family = hub.parse(model), found(model), generators.of_model(model)
    if repository is None:
        with _configured(place):
            config = family.read_config(place)
        needs, total = [], family.check_weights(place)
    else:
        needs = _of_repository(repository, family.FILES)
        place = hub_client.download(repository, family.CONFIGURATION)
        with _configured(place):
            config = family.read_config(place)
        if hub.missing(repository, family.FILES):
            total = sum(need.size for need in needs) + _bytes(hub.cached_paths(repository, family.FILES))
        else:
            total = family.check_weights(hub.cached(repository, family.FILES))
    with _configured(place):
        encoder, facts = family.text_encoder_of(config, text_encoder), family.facts(config, seconds_total, model)
    if isinstance(encoder, hub.Repository) and not (repository is None and (place / encoder.name).is_dir()):
        needs += _of_repository(encoder, hub.TEXT_ENCODER_FILES)
    return facts, needs, total


@contextmanager
def _configured(place: object) -> Iterator[None]:
    """UserError, naming ``place``, for whatever values in a model's configuration make impossible what is done with them."""
    try:
        yield
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
        said = " ".join(str(error).split())[:100]
        raise UserError(
            f"{place}: its configuration cannot be a model's ({type(error).__name__}: {said}): restore the files that came "
            "with the weights."
        ) from None


def check_sampling(model: str, trajectory: Mapping[str, Any]) -> None:
    """Raise UserError where a diffusion model, as far as it lies on this disk, cannot be sampled as the configuration says."""
    if hub.parse(model) is None:
        family = generators.of_model(model)
        with _configured(found(model)):
            facts = family.facts(family.read_config(found(model)), trajectory["seconds_total"], model)
        sampling_options.check_length(trajectory["seconds_kept"], facts.seconds, model)


def of_embedder(model: str) -> list[Need]:
    """What will be fetched of an embedder; UserError as ``of_diffusion``."""
    repository, family = hub.parse(model), embedders.of_model(model)
    if repository is None:
        family.check(found(model))
        _check_sizes(found(model))
        return []
    return _of_repository(repository, family.needed(repository))


def _check_sizes(place: Path) -> None:
    """UserError where a directory's feature extractor or configuration has sizes that no CLAP has, be it for lack of memory."""
    extractor, config = (
        documents.load_model_json(file, "the file that came with the weights") if file.is_file() else {}
        for file in (place / "preprocessor_config.json", place / "config.json")
    )
    for name, (least, most) in _SIZES.items():
        value = extractor.get(name, least)
        if type(value) is not int or not least <= value <= most:
            raise UserError(
                f"{place}/preprocessor_config.json: {name} is {str(value)[:40]!r}: expected a whole number from {least} to "
                f"{most}; restore the file that came with the weights."
            )
    for name in ("audio_config", "text_config"):
        if not isinstance(config.get(name, {}), Mapping):
            raise UserError(
                f"{place}/config.json: {name} is {str(config[name])[:40]!r}: expected a section of keys; restore the file that "
                "came with the weights."
            )


def _of_repository(repository: hub.Repository, files: hub.Files) -> list[Need]:
    from huggingface_hub.constants import HF_HUB_CACHE

    for path in hub.cached_paths(repository, files):
        if path.suffix in (".safetensors", ".bin", ".ckpt", ".pt"):
            weights.check(path)
    size = sum(size for _, size in hub_client.examine(repository, files))
    return [Need(str(repository), Path(HF_HUB_CACHE), size)] if size else []


def of_notes(archives: Sequence[str], targets: Sequence[Path], per_instrument: int) -> list[Need]:
    """What archives of notes take: the download, unless it is there, and packing; UserError where one is out of reach."""
    needs = []
    for archive, target in zip(archives, targets, strict=True):
        size = nsynth.size(target) if target.exists() else downloads.size_of(archive)
        if not target.exists():
            needs.append(Need(downloads.shown(archive), target.parent, size))
        most = nsynth.INSTRUMENTS * per_instrument * nsynth.NOTE_BYTES
        needs.append(Need(f"packing {target.name}", target.parent, 2 * (min(size, most) if per_instrument else size)))
    return needs


def of_audio(facts: Facts, clips: int, levels: int, seconds: float, folder: Path) -> Need:
    """What so many clips take at so many levels (signals by steps), as FLAC."""
    samples = seconds * facts.sample_rate * facts.channels
    return Need("audio", folder, round(clips * levels * samples * 2 * _FLAC_SHARE))


def check_disks(needs: Iterable[Need]) -> list[str]:
    """A line for each disk with what it must hold; UserError for one that has too little free."""
    disks: dict[int, list[Need]] = {}
    for need in needs:
        disks.setdefault(os.stat(_existing(need.folder)).st_dev, []).append(need)
    lines = []
    for parts in disks.values():
        place = _existing(parts[0].folder)
        free, total = shutil.disk_usage(place).free, sum(part.size for part in parts)
        listed = ", ".join(f"{part.what} {part.size / 1e9:.1f}" for part in parts)
        line = f"the disk of {place} will take {total / 1e9:.1f} GB ({listed}); {free / 1e9:.1f} GB are free"
        if total > free:
            raise UserError(
                f"The disk is too small: {line}. Free some, make the folder a link to a larger disk, set HF_HOME for the "
                "models, or limit notes.per_instrument, prompts.count or trajectory.keep."
            )
        lines.append(line[0].upper() + line[1:] + ".")
    return lines


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _bytes(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def gpu_bytes(facts: Facts, weights_bytes: int, seconds: float, batch: int) -> int:
    """An estimate of the GPU memory that generating ``batch`` clips at once takes, counted from the sizes of the network.

    Weights are held in float32. Guidance runs each clip twice; decoding goes clip by clip.
    """
    clip = 2 * facts.tokens * facts.width * _LIVE * _FLOAT
    decoding = seconds * facts.sample_rate * facts.decoder_width * _FLOAT
    return round(weights_bytes + max(batch * clip, decoding))


def check_gpu(facts: Facts, weights_bytes: int, seconds: float, batch: int, device: str) -> str:
    """A line about the memory of this machine's GPUs; UserError where even one clip is too much for the smallest."""
    needed = gpu_bytes(facts, weights_bytes, seconds, batch)
    line = f"A batch of {batch} clips (audio.batch_size) will take about {needed / 1e9:.0f} GB of GPU memory"
    sizes = [] if device == "cpu" else _gpus()
    if not sizes:
        return f"{line}; no GPU is seen here, so whether the nodes have it is not checked."
    least, smallest = gpu_bytes(facts, weights_bytes, seconds, 1), min(sizes)
    if least > smallest:
        raise UserError(
            f"A GPU of this machine has {smallest / 1e9:.0f} GB of memory, and generating a single clip takes about "
            f"{least / 1e9:.0f} GB: hide it (CUDA_VISIBLE_DEVICES), run on a larger one, or set device: cpu."
        )
    if needed > smallest:
        return f"{line}, more than the {smallest / 1e9:.0f} GB here: jobs will halve the batch; a lower value saves them that."
    return f"{line}; the smallest GPU here has {smallest / 1e9:.0f} GB."


def _gpus() -> list[int]:
    """The memory of each GPU, in bytes; none where there is no NVIDIA driver."""
    query = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return []
    return [int(line) << 20 for line in done.stdout.split() if line.isdecimal()]
