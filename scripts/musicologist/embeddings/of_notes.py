"""The embeddings of chosen notes, row group by row group."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from musicologist.core.errors import UserError
from musicologist.embeddings import tables

_CHOOSE_AGAIN = (
    "choose its notes anew with `snakemake --forcerun build_dataset` "
    "(`import_dataset` where embeddings of notes are given)"
)


def read(path: str | Path, notes: pa.ChunkedArray):
    """Embeddings (notes, size) of these note ids, in their order, out of a table of note embeddings; None where one is missing.

    Reads row group by row group and keeps only what is asked for.
    """
    import numpy as np
    import pyarrow.compute as pc

    seen = 0
    with pq.ParquetFile(path, memory_map=True) as file:
        found = np.empty((len(notes), file.schema_arrow.field("embedding").type.list_size), np.float32)
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            position = pc.index_in(notes, value_set=group["note_id"]).to_numpy()
            here = ~np.isnan(position) if position.dtype.kind == "f" else np.ones(len(position), bool)
            found[here] = tables.embeddings(group["embedding"])[position[here].astype(int)]
            seen += int(here.sum())
    return found if seen == len(notes) else None


def labelled_notes(dataset: pa.Table, note_embeddings: str | Path) -> tuple:
    """Embeddings (notes, size), labels and whether held out (notes,) of a concept's dataset (note_id, label, split).

    Raises UserError where a note of the dataset has no embedding.
    """
    embedding = read(note_embeddings, dataset["note_id"])
    if embedding is None:
        raise UserError(f"{note_embeddings} lacks notes of the dataset: {_CHOOSE_AGAIN}.")
    return embedding, dataset["label"].to_numpy(), dataset["split"].to_numpy() == "test"


def by_instrument(notes: Sequence[pa.Table], note_embeddings: str | Path) -> Iterator[tuple]:
    """Row group by row group, the instruments (notes,) and embeddings (notes, size) of a table of note embeddings.

    ``notes`` are tables that say which ``instrument`` plays a note (``note_id``); notes in none are left out.
    """
    import pyarrow.compute as pc

    known = pa.concat_tables(table.select(["note_id", "instrument"]) for table in notes)
    with pq.ParquetFile(note_embeddings, memory_map=True) as file:
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            place = pc.index_in(group["note_id"], value_set=known["note_id"])
            mine = pc.is_valid(place)
            instruments = known["instrument"].take(place.filter(mine))
            yield instruments.to_numpy(), tables.embeddings(group.filter(mine)["embedding"])
