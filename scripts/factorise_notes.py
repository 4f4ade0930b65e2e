"""Factorise the embeddings of all notes once: each instrument's mean, and the principal components of all notes."""

import argparse
from typing import TYPE_CHECKING

from musicologist.core import programs

if TYPE_CHECKING:
    import pyarrow as pa


def _notes(path: str) -> "pa.Table":
    from musicologist.concepts.datasets import DATASET
    from musicologist.core import parquet
    from musicologist.notes.tables import NOTES

    schema = DATASET if parquet.metadata(path)["kind"] == "dataset" else NOTES
    return parquet.read(path, schema, ["note_id", "instrument"])


def main() -> None:
    """Write both tables; every random concept is a closed form of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", nargs="+", required=True, help="notes.parquet, or the datasets of concepts")
    parser.add_argument("--embeddings", required=True, help="embeddings of all notes")
    parser.add_argument("--instruments", required=True, help="table to write: mean embedding by instrument")
    parser.add_argument("--components", required=True, help="table to write: principal components")
    arguments = parser.parse_args()

    import pyarrow as pa
    from musicologist.core import parquet
    from musicologist.embeddings import of_notes, tables
    from musicologist.probes import random_concepts
    from musicologist.probes.random_concepts import COMPONENTS, INSTRUMENTS

    notes = [_notes(path) for path in arguments.notes]
    found = random_concepts.factorise(of_notes.by_instrument(notes, arguments.embeddings))
    made_from = parquet.metadata(arguments.embeddings)
    instruments = {"instrument": found.names, "notes": found.notes, "embedding": tables.embedding_column(found.means)}
    parquet.write(arguments.instruments, INSTRUMENTS, pa.table(instruments), made_from)
    components = {"variance": found.variances, "embedding": tables.embedding_column(found.vectors)}
    parquet.write(arguments.components, COMPONENTS, pa.table(components), made_from)


if __name__ == "__main__":
    programs.run(main)
