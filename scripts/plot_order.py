"""Draw the order of concepts: where along the noise each emerges, with intervals, and who comes before whom."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--atlas", required=True)
    parser.add_argument("--order", required=True)
    parser.add_argument(
        "--style", action="append", nargs=4, default=[], metavar=("CLASSIFIER", "LABEL", "COLOUR", "MARK")
    )
    canvas.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import results
    from musicologist.figures import order as figures_order
    from musicologist.figures.styles import of_rows

    order = json.loads(Path(arguments.order).read_text(encoding="utf-8"))
    rows = results.read(arguments.atlas)
    styles = of_rows(rows, arguments.style)
    figure = figures_order.order(rows, order, arguments.note, styles, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


if __name__ == "__main__":
    programs.run(main)
