"""Train one concept's probe on notes, and measure it on the instruments that were held out."""

import argparse
import json

from musicologist import cli
from musicologist.errors import UserError


def main() -> None:
    """Write the fitted probe and its report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--embeddings", required=True, help="embeddings of all notes")
    parser.add_argument("--classifier", required=True, choices=["logistic", "svm"])
    parser.add_argument("--C", type=float, required=True, help="inverse strength of regularisation")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, help="probe to write, .skops")
    parser.add_argument("--report", required=True, help="JSON to write")
    arguments = parser.parse_args()

    import numpy as np
    from musicologist import probes, tables
    from musicologist.files import atomic_path, write_text

    dataset = tables.read(arguments.dataset, "dataset")
    rows = tables.rows_of(arguments.embeddings, dataset["note_id"])
    if rows is None:
        raise UserError(f"{arguments.embeddings} lacks notes of {arguments.dataset}: delete both and run again.")
    labels = dataset["label"].to_numpy()
    train = dataset["split"].to_numpy() == "train"
    probe = probes.fit(arguments.classifier, rows[train], labels[train], arguments.C, arguments.seed)
    found = {
        "classifier": arguments.classifier,
        "C": arguments.C,
        "train": probes.report(probe, rows[train], labels[train]),
        "held_out": probes.report(probe, rows[~train], labels[~train]),
        "held_out_instruments": len(np.unique(dataset["instrument"].to_numpy()[~train])),
        "embeddings": tables.metadata(arguments.embeddings),
        "dataset": tables.metadata(arguments.dataset),
    }
    with atomic_path(arguments.output) as temporary:
        probes.save(probe, temporary)
    write_text(arguments.report, json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    cli.run(main)
