"""Draw what the prompts tell the model, in nats by noise level."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--information", required=True)
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--dpi", type=int, required=True)
    parser.add_argument("--note", required=True, help="which models made the data")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.audio.information import INFORMATION
    from musicologist.core import parquet
    from musicologist.figures import canvas, information

    table = parquet.read(arguments.information, INFORMATION)
    figure = information.draw(table.to_pylist(), arguments.resamples, arguments.seed, arguments.note)
    canvas.save(figure, arguments.output, arguments.dpi)


if __name__ == "__main__":
    programs.run(main)
