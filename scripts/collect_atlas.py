"""Put the measurements of all concepts together, correct for their number, and order the concepts by when they emerge."""

import argparse
import json
from pathlib import Path
from typing import Any

from musicologist.core import programs
from musicologist.core.errors import UserError


def main() -> None:
    """Write the atlas as CSV and as parquet, the order of concepts, and how much their labels share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emergence", nargs="+", type=Path, required=True, help="emergence.csv of each concept")
    parser.add_argument("--summaries", nargs="+", type=Path, required=True, help="emergence.json of each concept")
    parser.add_argument("--landmarks", nargs="+", type=Path, required=True, help="landmarks.parquet of each concept")
    parser.add_argument("--reports", nargs="+", type=Path, required=True, help="the probes' reports")
    parser.add_argument("--scores", nargs="+", type=Path, required=True, help="of each concept, by one of its probes")
    parser.add_argument("--output", required=True, help="CSV to write")
    parser.add_argument("--parquet", required=True, help="the same table as parquet")
    parser.add_argument("--order", required=True, help="JSON to write")
    parser.add_argument("--co-labels", required=True, help="CSV to write")
    arguments = parser.parse_args()

    import pyarrow as pa
    from musicologist.core import parquet, results, results_writing
    from musicologist.core.files import write_text
    from musicologist.emergence import answers, co_labels, guards
    from musicologist.emergence import curve as emergence_curve
    from musicologist.emergence.tables import EMERGENCE, LANDMARKS

    concluded = answers.conclude(answers.curves(map(_read, arguments.summaries)))
    reports = {(path.parent.name, path.stem): _read(path) for path in arguments.reports}
    rows = []
    for path in arguments.emergence:
        for row in results.read(path):
            key = row["concept"], row["classifier"], row["signal"]
            rows.append(row | concluded[key] | {"warning": guards.warning(row, reports[key[:2]])})
            if rows[0].keys() != rows[-1].keys():
                raise UserError(f"{path} has other columns than the tables before it: delete it and run again.")
    results_writing.write(arguments.output, rows)
    parquet.write(arguments.parquet, EMERGENCE, pa.Table.from_pylist(rows))
    half_excesses = {
        (parquet.metadata(path)["concept"], *key): values
        for path in arguments.landmarks
        for key, values in emergence_curve.half_excesses(parquet.read(path, LANDMARKS)).items()
    }
    found: dict[str, Any] = {"ranked": answers.ranked(rows)}
    found |= answers.ordering(answers.times(half_excesses, concluded), concluded)
    labels = {parquet.metadata(path)["concept"]: co_labels.labels(path) for path in arguments.scores}
    results_writing.write(arguments.co_labels, co_labels.rows(labels), co_labels.COLUMNS)
    found["effective_concepts"] = co_labels.effective_number(labels)
    write_text(arguments.order, json.dumps(results_writing.without_nan(found), indent=1) + "\n")


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    programs.run(main)
