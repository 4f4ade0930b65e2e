"""Import embeddings of notes, a folder a concept, as one table in which each note stands once."""

import argparse
from pathlib import Path

from musicologist.core import programs, progress
from musicologist.core.errors import UserError


def main() -> None:
    """Write a row group of the notes of each concept that no concept before it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", nargs="+", type=Path, required=True, help="tensors or arrays (notes, 512)")
    parser.add_argument("--infos", nargs="+", type=Path, required=True, help="an audio_info.csv for each")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import numpy as np
    import pyarrow as pa
    from musicologist.core import parquet
    from musicologist.embeddings import tables
    from musicologist.embeddings.tables import NOTE_EMBEDDINGS
    from musicologist.inputs import concepts, embeddings

    seen = {}
    with parquet.writer(arguments.output, NOTE_EMBEDDINGS, {"source": str(arguments.infos[0].parents[1])}) as append:
        pairs = list(zip(arguments.embeddings, arguments.infos, strict=True))
        for path, info in progress.shown(pairs, len(pairs), "concepts imported"):
            names = [note.note_id for note in concepts.read_info(info)]
            embedding, _ = embeddings.unit(embeddings.load_array(path), str(path))
            if len(embedding) != len(names):
                raise UserError(
                    f"{path} has {len(embedding)} rows and {info} {len(names)}: expected one embedding a note, in the same "
                    "order."
                )
            for name, vector in zip(names, embedding, strict=True):
                if name in seen and not np.allclose(seen[name], vector[:4], atol=1e-3):
                    raise UserError(
                        f"{path}: the note {name} has another embedding than in a concept before it: give embeddings of one "
                        "CLAP, with the rows in the order of audio_info.csv."
                    )
            new = [row for row, name in enumerate(names) if name not in seen]
            seen |= {names[row]: embedding[row, :4].copy() for row in new}
            columns = {
                "note_id": [names[row] for row in new],
                "embedding": tables.embedding_column(embedding[new]),
            }
            append(pa.table(columns))


if __name__ == "__main__":
    programs.run(main)
