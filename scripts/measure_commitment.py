"""Measure how far the branches from one state agree about each concept, level by level."""

import argparse
from pathlib import Path

from musicologist import cli
from musicologist.errors import UserError


def main() -> None:
    """Write the long table of all concepts and probes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", nargs="+", required=True, help="one table of branches a shard")
    parser.add_argument("--probes", nargs="+", type=Path, required=True, help=".../CONCEPT/CLASSIFIER.skops")
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import numpy as np
    import pyarrow as pa
    from musicologist import commitment, longtables, probes, tables

    table = pa.concat_tables([tables.read(path, "audio_embeddings") for path in arguments.embeddings])
    table = table.sort_by([("step", "ascending"), ("prompt_id", "ascending"), ("sample", "ascending")])
    shape = [len(table[name].unique()) for name in ("step", "prompt_id", "sample")]
    if np.prod(shape) != len(table):
        raise UserError(f"{arguments.embeddings[0]} and its like lack branches: delete them and run again.")
    if shape[1] < 2:
        raise UserError("One prompt says nothing about agreement: raise commitment.prompts to two or more.")
    embedding = tables.embeddings(table["embedding"])
    sigmas = dict(zip(table["step"].to_pylist(), table["sigma"].to_pylist(), strict=True))
    decisions = {
        (path.parent.name, path.stem): probes.load(path).decision_function(embedding).reshape(shape)
        for path in cli.progress(arguments.probes, len(arguments.probes), "probes applied")
    }
    cosine = np.array([commitment.pair_cosine(level) for level in embedding.reshape(*shape, -1)])
    longtables.write(arguments.output, commitment.rows(decisions, cosine, sigmas, arguments.resamples, arguments.seed))


if __name__ == "__main__":
    cli.run(main)
