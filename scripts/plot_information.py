"""Draw what the prompts tell the model, in nats by noise level."""

import argparse

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--information", required=True)
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    canvas.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.audio.information import INFORMATION
    from musicologist.core import parquet
    from musicologist.figures import information

    table = parquet.read(arguments.information, INFORMATION)
    figure = information.draw(table.to_pylist(), arguments.resamples, arguments.seed, arguments.note, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


if __name__ == "__main__":
    programs.run(main)
