"""Collect the embeddings of all notes in one table."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write the parts one behind the other, a row group each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", required=True, help="one table for each shard")
    parser.add_argument("--scaling", nargs="*", default=[], help="of features that are not on the unit sphere")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.embeddings import collecting, scaling

    collecting.collect_notes(arguments.parts, arguments.output, scaling.read(arguments.scaling))


if __name__ == "__main__":
    programs.run(main)
