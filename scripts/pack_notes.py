"""Deal the notes of NSynth's archives (or unpacked folders) over tar shards, reading each once, and write the notes table."""

import argparse

from musicologist.core import programs


def main() -> None:
    """Write the shards and, last, the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sources", nargs="+", required=True, help="a tar.gz in NSynth's layout, or that unpacked, a split"
    )
    parser.add_argument("--splits", nargs="+", required=True, help="train, valid or test, one for each source")
    parser.add_argument("--per-instrument", type=int, required=True, help="at most so many notes an instrument; 0: all")
    parser.add_argument("--threads", type=int, default=1, help="that encode beside the one that unpacks")
    parser.add_argument("--shards", nargs="+", required=True, help="tar files to write")
    parser.add_argument("--notes", required=True, help="table to write")
    arguments = parser.parse_args()

    from musicologist.notes import packing

    sources = [packing.Source(place, split) for place, split in zip(arguments.sources, arguments.splits, strict=True)]
    packing.pack(sources, arguments.per_instrument, arguments.shards, arguments.notes, arguments.threads)


if __name__ == "__main__":
    programs.run(main)
