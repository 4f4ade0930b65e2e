"""Put the measurements of all concepts together, correct for their number, and order the concepts by when they emerge."""

import argparse
import json
from pathlib import Path

from musicologist import cli
from musicologist.errors import UserError


def main() -> None:
    """Write the atlas as CSV and as parquet, and the order of concepts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emergence", nargs="+", type=Path, required=True, help="emergence.csv of each concept")
    parser.add_argument("--summaries", nargs="+", type=Path, required=True, help="emergence.json of each concept")
    parser.add_argument("--landmarks", nargs="+", type=Path, required=True, help="landmarks.parquet of each concept")
    parser.add_argument("--output", required=True, help="CSV to write")
    parser.add_argument("--parquet", required=True, help="the same table as parquet")
    parser.add_argument("--order", required=True, help="JSON to write")
    arguments = parser.parse_args()

    from musicologist import conclusions, longtables, measurement, tables
    from musicologist.files import write_text

    summaries = [json.loads(path.read_text(encoding="utf-8")) for path in arguments.summaries]
    curves = {
        (summary["concept"], curve["classifier"], curve["signal"]): curve
        for summary in summaries
        for curve in summary["curves"]
    }
    concluded = conclusions.conclude(curves)
    rows = []
    for path in arguments.emergence:
        for row in longtables.read(path):
            rows.append(row | concluded[row["concept"], row["classifier"], row["signal"]])
            if rows[0].keys() != rows[-1].keys():
                raise UserError(f"{path} has other columns than the tables before it: delete it and run again.")
    longtables.write(arguments.output, rows)
    tables.write(arguments.parquet, "emergence", tables.from_rows(rows))
    half_rises = {
        (tables.metadata(path)["concept"], *key): values
        for path in arguments.landmarks
        for key, values in measurement.half_rises(tables.read(path, "landmarks")).items()
    }
    found = conclusions.ordering(conclusions.times(half_rises, concluded))
    write_text(arguments.order, json.dumps(longtables.without_nan(found), indent=1) + "\n")


if __name__ == "__main__":
    cli.run(main)
