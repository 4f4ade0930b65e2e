"""Measure how far the branches from one state agree about each concept, level by level."""

import argparse
from pathlib import Path

from musicologist.core import programs, progress
from musicologist.core.errors import UserError


def main() -> None:
    """Write the long table of all concepts and probes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", nargs="+", required=True, help="one table of branches for each shard")
    parser.add_argument("--probes", nargs="+", type=Path, required=True, help=".../CONCEPT/CLASSIFIER.skops")
    parser.add_argument(
        "--classifiers", nargs="+", required=True, metavar="NAME=ADDRESS", help="that the probes are of"
    )
    parser.add_argument(
        "--scores",
        nargs="*",
        type=Path,
        default=[],
        help=".../CONCEPT/scores_CLASSIFIER.parquet of the run's own clips",
    )
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    from musicologist.core import parquet, results_writing
    from musicologist.embeddings import of_clips
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
    from musicologist.emergence import commitment
    from musicologist.emergence.tables import SCORES
    from musicologist.probes import classifiers

    table = pa.concat_tables([parquet.read(path, AUDIO_EMBEDDINGS) for path in arguments.embeddings])
    steps, prompts, branches = (sorted(table[name].unique().to_pylist()) for name in ("step", "prompt_id", "sample"))
    if len(prompts) < 2:
        raise UserError("One prompt says nothing about agreement: raise commitment.prompts to two or more.")
    every = of_clips.grid(prompts, branches, "every branch of every prompt")
    place = f"{arguments.embeddings[0]} and its like"
    remedy = "embed the branches anew with `snakemake --forcerun embed_branches`"
    levels = (table.filter(pc.equal(table["step"], step)) for step in steps)
    embedding = np.concatenate([of_clips.in_order(level, every, place, remedy) for level in levels])
    shape = len(steps), len(prompts), len(branches)
    sigmas = dict(zip(table["step"].to_pylist(), table["sigma"].to_pylist(), strict=True))
    kinds = {name: classifiers.at(address) for name, address in (i.split("=", 1) for i in arguments.classifiers)}
    decisions = {
        (path.parent.name, path.stem): classifiers.load(path, kinds[path.stem])
        .decision_function(embedding)
        .reshape(shape)
        for path in progress.shown(arguments.probes, len(arguments.probes), "probes applied")
    }
    cosine = np.array([commitment.pair_cosine(level) for level in embedding.reshape(*shape, -1)])
    same_prompt = {
        (path.parent.name, path.stem.removeprefix("scores_")): commitment.finished(
            parquet.read(path, SCORES, ["prompt_id", "sample", "signal", "step", "decision"]), prompts, path
        )
        for path in arguments.scores
    }
    rows = commitment.rows(decisions, cosine, sigmas, arguments.resamples, arguments.seed, same_prompt)
    results_writing.write(arguments.output, rows)


if __name__ == "__main__":
    programs.run(main)
