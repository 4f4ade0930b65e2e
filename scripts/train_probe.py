"""Train one concept's probe on notes, with its settings chosen on held-out instruments, and measure it on others."""

import argparse
import json

from musicologist.core import programs


def main() -> None:
    """Write the fitted probe and its report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--embeddings", required=True, help="embeddings of all notes")
    parser.add_argument("--classifier", required=True, metavar="NAME=ADDRESS", help="of a module or a file (.py)")
    parser.add_argument(
        "--grid", action="append", nargs="+", default=[], metavar=("SETTING", "VALUE"), help="values to choose from"
    )
    parser.add_argument("--validation-notes", type=int, required=True, help="at most so many notes to choose on")
    parser.add_argument("--memory-mb", type=int, required=True, help="what this job may take")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, help="probe to write, .skops")
    parser.add_argument("--report", required=True, help="JSON to write")
    arguments = parser.parse_args()

    from musicologist.concepts.datasets import DATASET
    from musicologist.core import parquet, results_writing
    from musicologist.core.files import atomic_path, write_text
    from musicologist.embeddings import of_notes
    from musicologist.probes import classifiers, fitting_imports, validation

    fitting_imports.prepare()
    dataset = parquet.read(arguments.dataset, DATASET)
    rows, labels, test = of_notes.labelled_notes(dataset, arguments.embeddings)
    instruments = dataset["instrument"].to_numpy()
    some = validation.LabelledNotes(rows[~test], labels[~test], instruments[~test])
    some = some.some(arguments.validation_notes, arguments.seed)
    name, address = arguments.classifier.split("=", 1)
    classifier = classifiers.at(address)
    classifier.memory_mb = arguments.memory_mb
    grid = {setting: [float(value) for value in values] for setting, *values in arguments.grid}
    settings = validation.choose(classifier, some, grid, arguments.seed)
    probe = classifier.fit(rows[~test], labels[~test], settings, arguments.seed)
    decision = classifier.decision(probe)
    scored = probe if decision is None else decision
    found = {
        "classifier": name,
        **settings,
        "train": classifiers.report(scored, rows[~test], labels[~test], instruments[~test]),
        "held_out": classifiers.report(scored, rows[test], labels[test], instruments[test]),
        "cross_validation": validation.report(classifier, some, settings, arguments.seed),
        "embeddings": parquet.metadata(arguments.embeddings),
        "dataset": parquet.metadata(arguments.dataset),
    }
    with atomic_path(arguments.output) as temporary:
        classifiers.save(probe, temporary, decision)
    write_text(arguments.report, json.dumps(results_writing.without_nan(found), indent=2) + "\n")


if __name__ == "__main__":
    programs.run(main)
