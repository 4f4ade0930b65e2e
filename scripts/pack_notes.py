"""Deal the notes of an NSynth archive over tar shards, reading it as a stream, and write the table of notes."""

import argparse

from musicologist import cli


def main() -> None:
    """Write the shards and, last, the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", required=True, help="tar.gz in NSynth's layout")
    parser.add_argument("--split", required=True, help="train, valid or test")
    parser.add_argument("--per-instrument", type=int, required=True, help="at most so many notes an instrument; 0: all")
    parser.add_argument("--shards", nargs="+", required=True, help="tar files to write")
    parser.add_argument("--notes", required=True, help="table to write")
    arguments = parser.parse_args()

    import pyarrow as pa
    from musicologist import notes, tables

    rows = notes.pack(arguments.archive, arguments.split, arguments.per_instrument, arguments.shards)
    table = pa.Table.from_pylist(rows, schema=tables.SCHEMAS["notes"])
    tables.write(arguments.notes, "notes", table, {"split": arguments.split})


if __name__ == "__main__":
    cli.run(main)
