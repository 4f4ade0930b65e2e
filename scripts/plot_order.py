"""Draw the order of concepts: where along the noise each emerges, with intervals, and who comes before whom."""

import argparse
import json
from pathlib import Path

from musicologist import cli


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--atlas", required=True)
    parser.add_argument("--order", required=True)
    parser.add_argument("--dpi", type=int, required=True)
    parser.add_argument("--note", required=True, help="which models made the data")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist import atlas_figures, figures, longtables

    order = json.loads(Path(arguments.order).read_text(encoding="utf-8"))
    figure = atlas_figures.order(longtables.read(arguments.atlas), order, arguments.note)
    figures.save(figure, arguments.output, arguments.dpi)


if __name__ == "__main__":
    cli.run(main)
