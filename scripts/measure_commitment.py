"""Measure how far the branches from one state agree about each concept, level by level."""

import argparse
from pathlib import Path

from musicologist.core import programs
from musicologist.core.errors import UserError


def main() -> None:
    """Write the long table of all concepts and probes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", nargs="+", required=True, help="one table of branches a shard")
    parser.add_argument("--probes", nargs="+", type=Path, required=True, help=".../CONCEPT/CLASSIFIER.skops")
    parser.add_argument(
        "--classifiers", nargs="+", required=True, metavar="NAME=ADDRESS", help="that the probes are of"
    )
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import numpy as np
    import pyarrow as pa
    from musicologist.core import parquet, results
    from musicologist.embeddings import tables
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
    from musicologist.emergence import commitment
    from musicologist.probes import classifiers

    table = pa.concat_tables([parquet.read(path, AUDIO_EMBEDDINGS) for path in arguments.embeddings])
    table = table.sort_by([("step", "ascending"), ("prompt_id", "ascending"), ("sample", "ascending")])
    shape = [len(table[name].unique()) for name in ("step", "prompt_id", "sample")]
    if np.prod(shape) != len(table):
        raise UserError(f"{arguments.embeddings[0]} and its like lack branches: delete them and run again.")
    if shape[1] < 2:
        raise UserError("One prompt says nothing about agreement: raise commitment.prompts to two or more.")
    embedding = tables.embeddings(table["embedding"])
    sigmas = dict(zip(table["step"].to_pylist(), table["sigma"].to_pylist(), strict=True))
    kinds = {name: classifiers.at(address) for name, address in (i.split("=", 1) for i in arguments.classifiers)}
    decisions = {
        (path.parent.name, path.stem): classifiers.load(path, kinds[path.stem])
        .decision_function(embedding)
        .reshape(shape)
        for path in programs.progress(arguments.probes, len(arguments.probes), "probes applied")
    }
    cosine = np.array([commitment.pair_cosine(level) for level in embedding.reshape(*shape, -1)])
    results.write(arguments.output, commitment.rows(decisions, cosine, sigmas, arguments.resamples, arguments.seed))


if __name__ == "__main__":
    programs.run(main)
