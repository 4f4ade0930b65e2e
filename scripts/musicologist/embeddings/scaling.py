"""Features that are not on the unit sphere: centred and scaled by the notes, once, for notes and clips alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from musicologist.core import parquet
from musicologist.embeddings import tables
from musicologist.embeddings.tables import SCALING


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


def read(paths: Sequence[str | Path]) -> Scaling | None:
    """What ``scaling_of_notes.write`` stored at the one path; None where there is none: the embeddings are on the sphere."""
    for path in paths:
        table = parquet.read(path, SCALING)
        return Scaling(table["mean"].to_numpy(), table["spread"].to_numpy())
    return None
