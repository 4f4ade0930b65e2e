"""Collect what was measured in the clips of all shards, of generated audio or of notes."""

import argparse

from musicologist.core import programs, progress


def main() -> None:
    """Write all parts one below the other; memory holds one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True, choices=["audio", "notes"])
    parser.add_argument("--parts", nargs="+", required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.audio.acoustics import AUDIO_ACOUSTICS, NOTE_ACOUSTICS
    from musicologist.core import parquet

    schema = NOTE_ACOUSTICS if arguments.corpus == "notes" else AUDIO_ACOUSTICS
    with parquet.writer(arguments.output, schema) as append:
        for part in progress.shown(arguments.parts, len(arguments.parts), "parts collected"):
            append(parquet.read(part, schema))


if __name__ == "__main__":
    programs.run(main)
