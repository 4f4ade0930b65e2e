"""Import the dataset of one concept: notes with labels as given, balanced, with whole instruments held out."""

import argparse
import zlib

from musicologist.core import programs


def main() -> None:
    """Write the dataset of CONCEPT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--info", required=True, help="audio_info.csv")
    parser.add_argument("--concept", required=True)
    parser.add_argument("--limit", type=int, required=True, help="at most so many notes of each class")
    parser.add_argument("--test-share", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import numpy as np
    import pyarrow as pa
    from musicologist.concepts import datasets
    from musicologist.concepts.datasets import DATASET
    from musicologist.core import parquet
    from musicologist.inputs import concepts

    given = sorted(concepts.read_info(arguments.info))
    notes = pa.table({"note_id": [note.note_id for note in given], "instrument": [note.instrument for note in given]})
    labels = np.array([note.label for note in given], np.int8)
    stream = zlib.crc32(arguments.concept.encode())
    table = datasets.draw(
        notes,
        labels,
        arguments.concept,
        arguments.limit,
        arguments.test_share,
        arguments.seed,
        stream,
        arguments.info,
    )
    parquet.write(arguments.output, DATASET, table, {"concept": arguments.concept, "labels": str(arguments.info)})


if __name__ == "__main__":
    programs.run(main)
