"""Draw how far each kept step moves the embeddings: L1, L2 and cosine distance to the kept step before."""

import argparse
from pathlib import Path

from musicologist.core import programs
from musicologist.figures import canvas


def main() -> None:
    """Write the picture; two levels are in memory at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", nargs="+", type=Path, required=True, help=".../SIGNAL/step_XX.parquet")
    canvas.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import levels
    from musicologist.embeddings import of_clips
    from musicologist.figures import distances

    by_signal: dict[str, dict[int, Path]] = {}
    for (signal, step), path in sorted(levels.of_tables(arguments.embeddings).items()):
        by_signal.setdefault(signal, {})[step] = path
    found = {signal: of_clips.between_steps(tables) for signal, tables in by_signal.items()}
    figure = distances.distances(found, arguments.note, arguments.width)
    canvas.publish(figure, arguments.output, arguments.dpi, arguments.captions)


if __name__ == "__main__":
    programs.run(main)
