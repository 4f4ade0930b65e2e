"""Features that are not on the unit sphere: centred and scaled by the notes, once, for notes and clips alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from musicologist.core import parquet
from musicologist.embeddings import tables
from musicologist.embeddings.tables import NOTE_EMBEDDINGS, SCALING


@dataclass(frozen=True)
class Scaling:
    """``mean`` and ``spread`` (standard deviation) of each feature over the notes, float64 (size,)."""

    mean: np.ndarray
    spread: np.ndarray

    def __call__(self, table: pa.Table) -> pa.Table:
        """The table with its column ``embedding`` centred, scaled and then brought to unit norm, row by row."""
        scaled = (tables.embeddings(table["embedding"]) - self.mean) / self.spread
        unit = scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-12)
        return table.set_column(
            table.column_names.index("embedding"), "embedding", tables.embedding_column(unit.astype(np.float32))
        )


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


def read(paths: Sequence[str | Path]) -> Scaling | None:
    """What ``write`` stored at the one path; None where there is none: the embeddings are on the sphere."""
    for path in paths:
        table = parquet.read(path, SCALING)
        return Scaling(table["mean"].to_numpy(), table["spread"].to_numpy())
    return None
