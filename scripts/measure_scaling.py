"""Measure how features that are not on the unit sphere lie: their mean and spread over the notes."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write mean and standard deviation, a row a feature."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", required=True, help="one table of notes for each shard")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.embeddings import scaling_of_notes

    scaling_of_notes.write(arguments.output, scaling_of_notes.measure(arguments.parts))


if __name__ == "__main__":
    programs.run(main)
