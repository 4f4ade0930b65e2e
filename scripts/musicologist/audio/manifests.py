"""What generated audio tells about itself: a clip's record, and a shard's manifest, which lists its tar files by level."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.core.errors import UserError
from musicologist.core.files import write_text
from musicologist.core.levels import Level
from musicologist.core.shard_writing import Clip


def of_level(level: Level, sigmas: Sequence[float]) -> dict[str, Any]:
    """A level's signal, step, sigma and log-SNR in dB; ``sigmas`` are the noise levels of all steps."""
    signal, step = level
    return {"signal": signal, "step": step, "sigma": sigmas[step], "log_snr_db": noise_levels.log_snr_db(sigmas[step])}


def key(prompt_id: int, sample: int) -> str:
    """A clip's name, PROMPT_SAMPLE."""
    return f"{prompt_id:06d}_{sample:02d}"


def clip(audio: np.ndarray, sample_rate: int, record: Mapping[str, Any]) -> Clip:
    """A clip of generated audio (channels, samples), named PROMPT_SAMPLE; its record tells peak and clipped share too."""
    loudness = np.abs(audio)
    measured = {
        "sample_rate": sample_rate,
        "peak": float(loudness.max()),
        "clipped_share": float((loudness > 1).mean()),
    }
    return Clip(key(record["prompt_id"], record["sample"]), audio, sample_rate, {**record, **measured})


def write_manifest(
    path: Path, levels: Iterable[Mapping[str, Any]], clips: int, made_by: Mapping[str, Any], kind: str = "tar"
) -> None:
    """Write the number of clips, what made them, and the levels: signal, step, sigma, log_snr_db, and the file under ``kind``.

    That is ``tar`` where it holds audio, or ``latents``.
    """
    entries = [{**level, kind: os.path.relpath(level[kind], path.parent)} for level in levels]
    manifest = {"shard": path.stem, "clips": clips, **made_by, "levels": entries}
    write_text(path, json.dumps(manifest, indent=1) + "\n")


def read_manifest(path: Path, kind: str = "tar") -> list[dict[str, Any]]:
    """The levels that ``write_manifest`` wrote; UserError where the file is missing or no manifest of this kind."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["levels"]
        return [{**level, kind: path.parent / level[kind]} for level in found]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{path} is no readable manifest of a shard ({error}): delete it and run again.") from None
