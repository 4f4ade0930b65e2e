"""Train one concept's probe on notes, with its strength chosen on held-out instruments, and measure it on others."""

import argparse
import json

from musicologist.core import programs


def main() -> None:
    """Write the fitted probe and its report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--embeddings", required=True, help="embeddings of all notes")
    parser.add_argument("--classifier", required=True, choices=["logistic", "svm"])
    parser.add_argument("--C", type=float, nargs="+", required=True, help="inverse strengths to choose from")
    parser.add_argument("--gamma", type=float, nargs="+", required=True, help="kernel widths to choose from, svm only")
    parser.add_argument("--validation-notes", type=int, required=True, help="at most so many notes to choose on")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, help="probe to write, .skops")
    parser.add_argument("--report", required=True, help="JSON to write")
    arguments = parser.parse_args()

    import numpy as np
    from musicologist.concepts.datasets import DATASET
    from musicologist.core import parquet, results
    from musicologist.core.files import atomic_path, write_text
    from musicologist.embeddings import of_notes
    from musicologist.probes import classifiers, validation

    dataset = parquet.read(arguments.dataset, DATASET)
    rows, labels, test = of_notes.labelled_notes(dataset, arguments.embeddings)
    instruments = dataset["instrument"].to_numpy()
    some = validation.LabelledNotes(rows[~test], labels[~test], instruments[~test])
    some = some.some(arguments.validation_notes, arguments.seed)
    strength, gamma = validation.choose(arguments.classifier, some, arguments.C, arguments.gamma, arguments.seed)
    probe = classifiers.fit(arguments.classifier, rows[~test], labels[~test], strength, arguments.seed, gamma)
    found = {
        "classifier": arguments.classifier,
        "C": strength,
        "gamma": gamma if arguments.classifier == "svm" else None,
        "train": classifiers.report(probe, rows[~test], labels[~test]),
        "held_out": classifiers.report(probe, rows[test], labels[test]),
        "held_out_instruments": len(np.unique(instruments[test])),
        "cross_validation": validation.report(arguments.classifier, some, strength, gamma, arguments.seed),
        "embeddings": parquet.metadata(arguments.embeddings),
        "dataset": parquet.metadata(arguments.dataset),
    }
    with atomic_path(arguments.output) as temporary:
        classifiers.save(probe, temporary)
    write_text(arguments.report, json.dumps(results.without_nan(found), indent=2) + "\n")


if __name__ == "__main__":
    programs.run(main)
