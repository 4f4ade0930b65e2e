"""Collect what the prompts tell the model, clip by clip and step by step, out of the shards into one table."""

import argparse
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", type=Path, required=True, help="JSON Lines, one file for each shard")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.audio.information import INFORMATION, collected
    from musicologist.core import parquet

    parquet.write(arguments.output, INFORMATION, collected(arguments.parts))


if __name__ == "__main__":
    programs.run(main)
