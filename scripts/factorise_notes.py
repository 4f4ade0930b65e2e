"""Factorise the embeddings of all notes once: each instrument's mean, and the principal components of all notes."""

import argparse

from musicologist import cli


def main() -> None:
    """Write both tables; every random concept is a closed form of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", nargs="+", required=True, help="notes.parquet, or the datasets of concepts")
    parser.add_argument("--embeddings", required=True, help="embeddings of all notes")
    parser.add_argument("--instruments", required=True, help="table to write: mean embedding by instrument")
    parser.add_argument("--components", required=True, help="table to write: principal components")
    arguments = parser.parse_args()

    import pyarrow as pa
    from musicologist import random_concepts, tables

    found = random_concepts.factorise(tables.by_instrument(arguments.notes, arguments.embeddings))
    made_from = tables.metadata(arguments.embeddings)
    instruments = {"instrument": found.names, "notes": found.notes, "embedding": tables.embedding_column(found.means)}
    tables.write(arguments.instruments, "instruments", pa.table(instruments), made_from)
    components = {"variance": found.variances, "embedding": tables.embedding_column(found.vectors)}
    tables.write(arguments.components, "components", pa.table(components), made_from)


if __name__ == "__main__":
    cli.run(main)
