"""Draw when concepts emerge in several runs, or for several embedders of one run."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the picture, of the first classifier."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparison", required=True, help="landmarks.csv")
    parser.add_argument("--summary", required=True, type=Path, help="landmarks.json")
    canvas.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import results
    from musicologist.figures import comparison

    rows = results.read(arguments.comparison)
    chosen = [row for row in rows if row["classifier"] == rows[0]["classifier"]]
    summary = json.loads(arguments.summary.read_text(encoding="utf-8"))
    said = zip(summary["curves"], summary["sentences"], strict=True)
    sentences = [words for entry, words in said if chosen and entry["classifier"] == chosen[0]["classifier"]]
    figure = comparison.comparison(chosen, sentences, arguments.note, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


if __name__ == "__main__":
    programs.run(main)
