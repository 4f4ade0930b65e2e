"""Measure up to which noise level a prompt that is exchanged on the way still gets its concept."""

import argparse
from pathlib import Path

from musicologist.core import programs, progress
from musicologist.core.errors import UserError


def main() -> None:
    """Write the long table of all concepts that set a pair apart, by probe and level."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", nargs="+", required=True, help="of clips of pairs, one table for each shard")
    parser.add_argument("--pairs", required=True, help="CSV")
    parser.add_argument("--concepts", required=True, help="concepts.yaml")
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
    import pyarrow.compute as pc
    from musicologist.concepts import definitions
    from musicologist.core import parquet, results_writing
    from musicologist.embeddings import of_clips
    from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
    from musicologist.emergence import switching
    from musicologist.probes import classifiers
    from musicologist.prompts import pairs as prompt_pairs

    pairs = prompt_pairs.read(arguments.pairs)
    concepts = [concept for pair in pairs for concept in (pair.first_concept, pair.second_concept)]
    table = pa.concat_tables([parquet.read(path, AUDIO_EMBEDDINGS) for path in arguments.embeddings])
    every = of_clips.grid(range(len(concepts)), [0], "the pairs of prompts")
    remedy = "embed the clips anew with `snakemake --forcerun embed_switched`"

    def embedding(signal: str, step: int) -> np.ndarray:
        level = table.filter(pc.and_(pc.equal(table["signal"], signal), pc.equal(table["step"], step)))
        return of_clips.in_order(level, every, f"{arguments.embeddings[0]} and its like", remedy)

    columns = (table[name].to_pylist() for name in ("signal", "step", "sigma"))
    sigmas: dict[str, dict[int, float]] = {}
    for signal, step, sigma in zip(*columns, strict=True):
        sigmas.setdefault(signal, {})[step] = sigma
    if set(sigmas) != {"denoised", "switched"}:
        raise UserError(f"{arguments.embeddings[0]} and its like hold no switched clips: {remedy}.")
    stayed = embedding("denoised", max(sigmas["denoised"]))
    switched = [embedding("switched", step) for step in sorted(sigmas["switched"])]
    kinds = {name: classifiers.at(address) for name, address in (i.split("=", 1) for i in arguments.classifiers)}
    decisions = {}
    for path in progress.shown(arguments.probes, len(arguments.probes), "probes applied"):
        if path.parent.name in concepts:
            decide = classifiers.load(path, kinds[path.stem]).decision_function
            decisions[path.parent.name, path.stem] = decide(stayed), np.stack([decide(level) for level in switched])
    groups = {name: concept.group for name, concept in definitions.load(arguments.concepts).items()}
    clusters = [pair.pair for pair in pairs]
    found = switching.rows(
        decisions, concepts, clusters, groups, sigmas["switched"], arguments.resamples, arguments.seed
    )
    results_writing.write(arguments.output, found)


if __name__ == "__main__":
    programs.run(main)
