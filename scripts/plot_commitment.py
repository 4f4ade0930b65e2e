"""Draw commitment: how far branches from one state agree, by the noise level at which they part."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commitment", required=True)
    parser.add_argument("--dpi", type=int, required=True)
    parser.add_argument("--note", required=True, help="which models made the data")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import results
    from musicologist.figures import canvas, commitment

    rows = results.read(arguments.commitment)
    canvas.save(commitment.draw(rows, arguments.note), arguments.output, arguments.dpi)


if __name__ == "__main__":
    programs.run(main)
