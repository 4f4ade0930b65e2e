"""Distances between the embeddings of a clip at successive kept levels."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS

PERCENTILES = (10, 90)


def between_steps(levels: Mapping[int, Path]) -> list[dict[str, Any]]:
    """For each pair of successive steps, a row of (10th percentile, mean, 90th) of l1, l2 and cosine over clips.

    A row also has the ``step``, ``sigma`` and ``log_snr_db`` of the later step. ``levels`` are the embedding tables of one
    signal by step. Raises UserError where two levels hold other clips.
    """
    rows = []
    for before, after in pairwise(sorted(levels)):
        (clips, a, _), (others, b, level) = _read(levels[before]), _read(levels[after])
        if clips != others:
            raise UserError(f"{levels[before]} and {levels[after]} hold different clips: delete both and run again.")
        found = {"l1": np.abs(a - b).sum(1), "l2": np.linalg.norm(a - b, axis=1), "cosine": 1 - (a * b).sum(1)}
        rows.append({"step": after, **level} | {name: _summary(values) for name, values in found.items()})
    return rows


def _read(path: Path) -> tuple[list[tuple[int, int]], np.ndarray, dict[str, float]]:
    """The clips of a level, their embeddings (clips, 512), and the level's sigma and log-SNR."""
    table = parquet.read(path, AUDIO_EMBEDDINGS)
    clips = list(zip(table["prompt_id"].to_pylist(), table["sample"].to_pylist(), strict=True))
    level = {name: table[name][0].as_py() for name in ("sigma", "log_snr_db")}
    return clips, tables.embeddings(table["embedding"]), level


def _summary(values: np.ndarray) -> tuple[float, float, float]:
    low, high = np.percentile(values, PERCENTILES)
    return float(low), float(values.mean()), float(high)
