"""Draw one concept's emergence: its curves over the denoising steps, for every signal and classifier."""

import argparse
import json
from pathlib import Path

from musicologist import cli


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emergence", required=True)
    parser.add_argument("--summary", required=True, help="emergence.json")
    parser.add_argument("--reports", nargs="+", required=True, metavar="CLASSIFIER=PATH")
    parser.add_argument("--controls", required=True)
    parser.add_argument("--metric", required=True)
    parser.add_argument("--dpi", type=int, required=True)
    parser.add_argument("--note", required=True, help="which models made the data")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist import figures, longtables, tables

    pairs = [item.split("=", 1) for item in arguments.reports]
    reports = {name: json.loads(Path(path).read_text(encoding="utf-8")) for name, path in pairs}
    rows = longtables.read(arguments.emergence)
    summary = json.loads(Path(arguments.summary).read_text(encoding="utf-8"))
    controls = tables.read(arguments.controls, "controls").to_pylist()
    figure = figures.emergence(rows, summary, reports, controls, arguments.metric, arguments.note)
    figures.save(figure, arguments.output, arguments.dpi)


if __name__ == "__main__":
    cli.run(main)
