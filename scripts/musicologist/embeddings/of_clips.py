"""The embeddings of generated clips in the order in which others name those clips, and how far they move from level to level.

Tables name a clip by its prompt and its number among the prompt's samples. Scores may hold a clip twice: the original study's
labels count some prompts on both sides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS

if TYPE_CHECKING:
    import pyarrow as pa

PERCENTILES = (10, 90)
SCORE_AGAIN = "score these embeddings anew with `snakemake --forcerun score_audio`"
_COLLECT_AGAIN = (
    "collect both anew with `snakemake --forcerun collect_embeddings` (`import_embeddings` where embeddings are given)"
)


@dataclass(frozen=True)
class Clips:
    """Clips in an order: ``prompt_ids`` and ``samples`` (clips,), and ``whose`` they are, for a sentence."""

    prompt_ids: np.ndarray
    samples: np.ndarray
    whose: str


def grid(prompt_ids: Iterable[int], samples: Iterable[int], whose: str) -> Clips:
    """Each of these samples of each of these prompts, prompt by prompt."""
    prompt_ids, samples = np.asarray([*prompt_ids], np.int64), np.asarray([*samples], np.int64)
    return Clips(np.repeat(prompt_ids, len(samples)), np.tile(samples, len(prompt_ids)), whose)


def rows_of(table: "pa.Table", clips: Clips, place: str | Path, remedy: str) -> np.ndarray:
    """Where these clips stand (clips,) in a table with the columns ``prompt_id`` and ``sample``.

    A clip that is wanted twice has the same row twice. Raises UserError, which names ``place`` and ends with ``remedy``, where
    the table lacks a clip, has a clip besides these, or has one twice.
    """
    there = _key(table["prompt_id"].to_numpy(), table["sample"].to_numpy())
    wanted = _key(clips.prompt_ids, clips.samples)
    names, first, count = np.unique(there, return_index=True, return_counts=True)
    faults = {
        "is missing": np.setdiff1d(wanted, names),
        "is there besides": np.setdiff1d(names, wanted),
        "stands there twice": names[count > 1],
    }
    for fault, keys in faults.items():
        if len(keys):
            prompt, sample = divmod(int(keys[0]), _SAMPLES)
            others = f" ({len(keys)} such clips)" if len(keys) > 1 else ""
            raise UserError(
                f"{place} holds other clips than {clips.whose}: prompt {prompt}, sample {sample} {fault}{others}; {remedy}."
            )
    return first[np.searchsorted(names, wanted)]


_SAMPLES = 2**16  # more than a table's samples, which are 16-bit integers


def _key(prompt_ids: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """One number for each clip."""
    return prompt_ids.astype(np.int64) * _SAMPLES + samples


def read(path: str | Path, clips: Clips, remedy: str = SCORE_AGAIN) -> np.ndarray:
    """Embeddings (clips, size) of one level in the order of these clips; raises UserError as ``rows_of`` does."""
    return in_order(parquet.read(path, AUDIO_EMBEDDINGS, ["prompt_id", "sample", "embedding"]), clips, path, remedy)


def in_order(table: "pa.Table", clips: Clips, place: str | Path, remedy: str) -> np.ndarray:
    """Embeddings (clips, size) of a table that holds one level, as ``read``."""
    return tables.embeddings(table["embedding"])[rows_of(table, clips, place, remedy)]


def between_steps(levels: Mapping[int, Path]) -> list[dict[str, Any]]:
    """For each pair of successive steps, a row of (10th percentile, mean, 90th) of l1, l2 and cosine over clips.

    A row also has the ``step``, ``sigma`` and ``log_snr_db`` of the later step. ``levels`` are the embedding tables of one
    signal by step; memory holds two. Raises UserError where two levels hold different clips.
    """
    rows = []
    for before, after in pairwise(sorted(levels)):
        first, second = (parquet.read(levels[step], AUDIO_EMBEDDINGS) for step in (before, after))
        clips = Clips(first["prompt_id"].to_numpy(), first["sample"].to_numpy(), str(levels[before]))
        a = tables.embeddings(first["embedding"])
        b = in_order(second, clips, levels[after], _COLLECT_AGAIN)
        level = {name: second[name][0].as_py() for name in ("sigma", "log_snr_db")}
        found = {"l1": np.abs(a - b).sum(1), "l2": np.linalg.norm(a - b, axis=1), "cosine": 1 - (a * b).sum(1)}
        rows.append({"step": after, **level} | {name: _summary(values) for name, values in found.items()})
    return rows


def _summary(values: np.ndarray) -> tuple[float, float, float]:
    low, high = np.percentile(values, PERCENTILES)
    return float(low), float(values.mean()), float(high)
