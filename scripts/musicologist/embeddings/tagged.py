"""Tags of clips: what an embedder that has names for what it hears calls them, read off its embeddings."""

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.core.levels import Level
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS

NAMES = "tags"
"""The key of a table's metadata that has the names of its tags, a JSON list."""

TAGS = parquet.schema(
    "tags",
    [
        *((name, AUDIO_EMBEDDINGS.field(name).type) for name in AUDIO_EMBEDDINGS.names if name != "embedding"),
        ("probability", tables.EMBEDDING),  # of each tag, in the order of NAMES
    ],
)


def tagged(
    parts: Iterable[str | Path],
    wanted: Collection[Level],
    tagger: Callable[[np.ndarray], np.ndarray],
    tags: int,
    digest: str,
) -> Iterator[pa.Table]:
    """Tables of the schema TAGS, one for each of ``parts``, of the clips at the ``wanted`` levels.

    ``parts`` are the embeddings of shards as the embedder gave them; memory holds one. Raises UserError where one was made by
    another model than that of ``digest``, or where ``tagger`` does not give a probability of each of as many ``tags``.
    """
    for part in parts:
        table = parquet.read(part, AUDIO_EMBEDDINGS)
        if (made_by := parquet.metadata(part).get("digest")) != digest:
            raise UserError(
                f"{part} was embedded by {made_by}, and its tags are to be read by {digest}: embed it anew with `snakemake "
                "--forcerun embed_audio`."
            )
        levels = zip(table["signal"].to_pylist(), table["step"].to_pylist(), strict=True)
        mine = table.filter(pa.array([level in wanted for level in levels], pa.bool_()))
        found = tagger(tables.embeddings(mine["embedding"]))
        if found.shape != (len(mine), tags) or not ((found >= 0) & (found <= 1)).all():
            raise UserError(
                f"{part}: the tagger gives an array of the shape {found.shape}: expected probabilities between 0 and 1 of "
                f"{tags} tags for each of {len(mine)} clips."
            )
        yield mine.drop_columns("embedding").append_column("probability", tables.embedding_column(found))
