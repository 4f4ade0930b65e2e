"""Draw what became of exchanged prompts, by the noise level at which they were exchanged."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--switching", required=True)
    parser.add_argument("--dpi", type=int, required=True)
    parser.add_argument("--note", required=True, help="which models made the data")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import results
    from musicologist.figures import canvas, switching

    rows = results.read(arguments.switching)
    canvas.save(switching.draw(rows, arguments.note), arguments.output, arguments.dpi)


if __name__ == "__main__":
    programs.run(main)
