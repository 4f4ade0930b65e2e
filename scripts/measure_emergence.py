"""Measure one concept's emergence: figures of merit with intervals, nulls, and where along the noise it comes up."""

import argparse
import json

from musicologist.core import programs


def main() -> None:
    """Write the long table of one concept, what holds for whole curves, and the resampled landmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concept", required=True)
    parser.add_argument("--scores", nargs="+", required=True, metavar="CLASSIFIER=PATH")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--note-embeddings", required=True)
    parser.add_argument("--instruments", required=True, help="mean embedding by instrument")
    parser.add_argument("--components", required=True, help="principal components of all notes")
    parser.add_argument(
        "--embeddings", nargs="+", required=True, help="embeddings of clips, one table for each signal and step"
    )
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--permutations", type=int, required=True)
    parser.add_argument("--random-concepts", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, help="long table to write, CSV")
    parser.add_argument("--summary", required=True, help="JSON to write")
    parser.add_argument("--landmarks", required=True, help="resampled landmarks to write, parquet")
    arguments = parser.parse_args()

    from musicologist.concepts.datasets import DATASET
    from musicologist.core import parquet, results_writing
    from musicologist.core.files import write_text
    from musicologist.embeddings import of_notes
    from musicologist.emergence import curve as emergence_curve
    from musicologist.emergence import scored_clips
    from musicologist.emergence.tables import LANDMARKS, SCORES
    from musicologist.probes import random_concepts
    from musicologist.statistics import landmarks

    paths = dict(item.split("=", 1) for item in arguments.scores)
    scores = {name: scored_clips.arrange(parquet.read(path, SCORES), path) for name, path in paths.items()}
    probes, ridge = random_concepts.weights(
        random_concepts.read(arguments.instruments, arguments.components),
        *of_notes.labelled_notes(parquet.read(arguments.dataset, DATASET), arguments.note_embeddings),
        arguments.random_concepts,
        arguments.seed,
    )
    random = emergence_curve.random_areas(probes, arguments.embeddings, next(iter(scores.values())))
    settings = emergence_curve.Settings(arguments.resamples, arguments.permutations, arguments.seed)
    curves = {
        (name, signal): emergence_curve.measure(mine, random[signal], settings)
        for name, signals in scores.items()
        for signal, mine in signals.items()
    }
    rows = [
        {"concept": arguments.concept, "classifier": name, "signal": signal, **row}
        for (name, signal), curve in curves.items()
        for row in curve.rows
    ]
    results_writing.write(arguments.output, rows)
    summary = {
        "concept": arguments.concept,
        "curves": [{"classifier": n, "signal": s, **curve.summary} for (n, s), curve in curves.items()],
        "lags": [
            {"classifier": name, "first": first, "second": "noisy"}
            | landmarks.lag(curves[name, first].landmarks, curves[name, "noisy"].landmarks)
            for name, signals in scores.items()
            for first in ("denoised", "unguided")
            if {first, "noisy"} <= set(signals)
        ],
        "resamples": arguments.resamples,
        "permutations": arguments.permutations,
        "random_concepts": arguments.random_concepts,
        "ridge": ridge,
    }
    write_text(arguments.summary, json.dumps(results_writing.without_nan(summary), indent=2) + "\n")
    parquet.write(
        arguments.landmarks, LANDMARKS, emergence_curve.landmark_table(curves), {"concept": arguments.concept}
    )


if __name__ == "__main__":
    programs.run(main)
