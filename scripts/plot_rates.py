"""Draw one concept's accuracy, true positive and true negative rate over the denoising steps, as the original study did."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emergence", required=True)
    parser.add_argument("--reports", nargs="+", required=True, metavar="CLASSIFIER=PATH")
    parser.add_argument(
        "--style", action="append", nargs=4, default=[], metavar=("CLASSIFIER", "LABEL", "COLOUR", "MARK")
    )
    canvas.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import results
    from musicologist.emergence import guards
    from musicologist.figures import rates
    from musicologist.figures.styles import of_classifiers

    pairs = [item.split("=", 1) for item in arguments.reports]
    reports = {name: json.loads(Path(path).read_text(encoding="utf-8")) for name, path in pairs}
    rows = guards.warned(results.read(arguments.emergence), reports)
    styles = of_classifiers(reports, arguments.style)
    figure = rates.rates(rows, reports, arguments.note, styles, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


if __name__ == "__main__":
    programs.run(main)
