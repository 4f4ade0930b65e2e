"""How features that are not on the unit sphere lie, as the notes tell: apart from ``scaling``, which every embedding needs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from musicologist.core import parquet
from musicologist.embeddings import tables
from musicologist.embeddings.scaling import Scaling
from musicologist.embeddings.tables import NOTE_EMBEDDINGS, SCALING


def measure(parts: Sequence[str | Path]) -> Scaling:
    """The scaling of the notes in these tables; a feature that is the same for all keeps its unit. Memory holds one table."""
    count, total, squares, shift = 0, 0.0, 0.0, 0.0
    for part in parts:
        embedding = tables.embeddings(parquet.read(part, NOTE_EMBEDDINGS)["embedding"]).astype(np.float64)
        shift = shift if count else embedding[:1].mean(axis=0)  # so that no digits cancel
        count += len(embedding)
        total = total + (embedding - shift).sum(axis=0)
        squares = squares + ((embedding - shift) ** 2).sum(axis=0)
    mean = total / count
    spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return Scaling(np.asarray(mean + shift), np.where(spread > 1e-9 * (1 + np.abs(mean + shift)), spread, 1.0))


def write(path: str | Path, scaling: Scaling) -> None:
    """Store it."""
    parquet.write(path, SCALING, pa.table({"mean": scaling.mean, "spread": scaling.spread}))
