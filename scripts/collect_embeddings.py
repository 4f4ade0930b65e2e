"""Collect the embeddings of generated audio: from one file for each shard to one for each signal and step."""

import argparse
from pathlib import Path

from musicologist.core import programs, progress


def main() -> None:
    """Write each of the outputs .../SIGNAL/step_XX.parquet from that level's row groups of all parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", required=True, help="one table for each shard")
    parser.add_argument("--scaling", nargs="*", default=[], help="of features that are not on the unit sphere")
    parser.add_argument("--outputs", nargs="+", type=Path, required=True)
    arguments = parser.parse_args()

    from musicologist.core import levels
    from musicologist.embeddings import collecting, scaling

    scaled, wanted = scaling.read(arguments.scaling), levels.of_tables(arguments.outputs)
    for (signal, step), output in progress.shown(wanted.items(), len(wanted), "levels collected"):
        collecting.collect_level(arguments.parts, signal, step, output, scaled)


if __name__ == "__main__":
    programs.run(main)
