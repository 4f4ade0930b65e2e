"""Draw one concept's emergence: its curves over the denoising steps, for every signal and classifier."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emergence", required=True)
    parser.add_argument("--summary", required=True, help="emergence.json")
    parser.add_argument("--reports", nargs="+", required=True, metavar="CLASSIFIER=PATH")
    parser.add_argument("--controls", required=True)
    parser.add_argument("--metric", required=True)
    parser.add_argument(
        "--style", action="append", nargs=4, default=[], metavar=("CLASSIFIER", "LABEL", "COLOUR", "MARK")
    )
    parser.add_argument("--outside", nargs="*", type=Path, default=[], help="comparison with other embedders")
    canvas.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import parquet, results
    from musicologist.emergence import guards
    from musicologist.emergence.tables import CONTROLS
    from musicologist.figures import emergence
    from musicologist.figures.styles import of_classifiers

    pairs = [item.split("=", 1) for item in arguments.reports]
    reports = {name: json.loads(Path(path).read_text(encoding="utf-8")) for name, path in pairs}
    rows = guards.warned(results.read(arguments.emergence), reports)
    summary = json.loads(Path(arguments.summary).read_text(encoding="utf-8"))
    controls = parquet.read(arguments.controls, CONTROLS).to_pylist()
    styles = of_classifiers(reports, arguments.style)
    sentences = [json.loads(path.read_text(encoding="utf-8"))["sentences"] for path in arguments.outside]
    note = " ".join([*(said[rows[0]["concept"]] for said in sentences), arguments.note])
    figure = emergence.emergence(rows, summary, reports, controls, arguments.metric, note, styles, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


if __name__ == "__main__":
    programs.run(main)
