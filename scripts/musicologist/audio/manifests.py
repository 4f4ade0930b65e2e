"""A clip of generated audio with its record, and a shard's manifest."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.core.errors import UserError
from musicologist.core.files import write_text
from musicologist.core.levels import Level
from musicologist.core.shards import Clip


def clip(audio: np.ndarray, sample_rate: int, record: Mapping[str, Any]) -> Clip:
    """A clip of generated audio (channels, samples), named PROMPT_SAMPLE; its record tells peak and clipped share too."""
    loudness = np.abs(audio)
    measured = {
        "sample_rate": sample_rate,
        "peak": float(loudness.max()),
        "clipped_share": float((loudness > 1).mean()),
    }
    return Clip(f"{record['prompt_id']:06d}_{record['sample']:02d}", audio, sample_rate, {**record, **measured})


def write_manifest(
    path: Path, tars: Mapping[Level, Path], levels: Sequence[float], clips: int, made_by: Mapping[str, Any]
) -> None:
    """Write what a shard holds: its tar files by signal and step with their noise level, and what made them.

    ``levels`` are the noise levels of all steps.
    """
    entries = [
        {
            "signal": signal,
            "step": step,
            "sigma": levels[step],
            "log_snr_db": noise_levels.log_snr_db(levels[step]),
            "tar": os.path.relpath(tar, path.parent),
        }
        for (signal, step), tar in sorted(tars.items())
    ]
    manifest = {"shard": path.stem, "clips": clips, **made_by, "levels": entries}
    write_text(path, json.dumps(manifest, indent=1) + "\n")


def read_manifest(path: Path) -> list[dict[str, Any]]:
    """The levels that a shard of generated audio lists in its manifest: signal, step, sigma, log_snr_db, and the tar file.

    Raises UserError where the manifest is missing or none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["levels"]
        return [{**level, "tar": path.parent / level["tar"]} for level in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no readable manifest of a shard ({error}): delete it and run again.") from None
