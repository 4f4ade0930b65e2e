"""Animate one concept: notes, and generated clips moving among them from step to step; three of the steps stand still."""

import argparse

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the GIF and the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--note-embeddings", required=True)
    parser.add_argument("--embeddings", nargs="+", required=True, help="one table for each signal and step")
    parser.add_argument("--scores", required=True, help="for the labels of the prompts")
    parser.add_argument("--probe", required=True, help="whose boundary is drawn")
    parser.add_argument("--classifier", required=True, metavar="ADDRESS", help="that the probe is of")
    parser.add_argument("--points", type=int, required=True, help="at most so many points of each kind")
    parser.add_argument("--frame-ms", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--animation", required=True, help="the GIF")
    canvas.add_options(parser)
    arguments = parser.parse_args()

    import numpy as np
    from musicologist.concepts.datasets import DATASET
    from musicologist.core import parquet
    from musicologist.embeddings import of_notes
    from musicologist.emergence import scored_clips
    from musicologist.emergence.tables import SCORES
    from musicologist.figures import pca
    from musicologist.probes import classifiers

    rng = np.random.default_rng(arguments.seed)
    dataset = parquet.read(arguments.dataset, DATASET)
    labels = dataset["label"].to_numpy()
    chosen = np.sort(np.concatenate([_some(rng, np.flatnonzero(labels == side), arguments.points) for side in (0, 1)]))
    notes = of_notes.read(arguments.note_embeddings, dataset["note_id"].take(chosen))
    scored = scored_clips.arrange(parquet.read(arguments.scores, SCORES), arguments.scores)
    any_signal = next(iter(scored.values()))  # all have the same clips
    shown = [_some(rng, np.flatnonzero(any_signal.labels == side), arguments.points) for side in (0, 1)]
    negatives, positives = (np.isin(any_signal.prompts, prompts) for prompts in shown)

    frames = []
    for path in arguments.embeddings:
        signal, level, embedding = scored_clips.read_embeddings(path, scored)
        place = scored[signal].place(level)
        frames.append(pca.Frame(signal, *place.values(), embedding[positives], embedding[negatives]))
    concept = parquet.metadata(arguments.dataset)["concept"]
    probe = classifiers.load(arguments.probe, classifiers.at(arguments.classifier))
    plane = pca.Plane(notes, labels[chosen], probe, frames)
    pca.animate(concept, plane, frames, arguments.note, arguments.frame_ms, arguments.animation)
    figure = pca.still(concept, plane, frames, arguments.note, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


def _some(rng, values, count):
    """At most ``count`` of the values, in their order."""
    return values if len(values) <= count else values[sorted(rng.choice(len(values), count, replace=False))]


if __name__ == "__main__":
    programs.run(main)
