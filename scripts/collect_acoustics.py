"""Collect what was measured in the clips of all shards, of generated audio or of notes."""

import argparse

from musicologist import cli


def main() -> None:
    """Write all parts one below the other; memory holds one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True, choices=["audio", "notes"])
    parser.add_argument("--parts", nargs="+", required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist import tables

    kind = "note_acoustics" if arguments.corpus == "notes" else "audio_acoustics"
    with tables.writer(arguments.output, kind) as append:
        for part in cli.progress(arguments.parts, len(arguments.parts), "parts collected"):
            append(tables.read(part, kind))


if __name__ == "__main__":
    cli.run(main)
