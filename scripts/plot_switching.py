"""Draw what became of exchanged prompts, by the noise level at which they were exchanged."""

import argparse

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--switching", required=True)
    canvas.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import results
    from musicologist.figures import switching

    rows = results.read(arguments.switching)
    figure = switching.draw(rows, arguments.note, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


if __name__ == "__main__":
    programs.run(main)
