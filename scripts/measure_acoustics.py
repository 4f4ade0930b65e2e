"""Measure every clip of a shard without a network: loudness, spectral centroid and flatness, cepstral coefficients."""

import argparse
from pathlib import Path

from musicologist import cli


def main() -> None:
    """Write one row a clip; of generated audio, one row group for each signal and step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True, choices=["audio", "notes"])
    parser.add_argument("--input", required=True, type=Path, help="audio: the shard's manifest; notes: a tar file")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist import acoustics, generated, shards, tables

    notes = arguments.corpus == "notes"
    tars = [arguments.input] if notes else [level["tar"] for level in generated.read_manifest(arguments.input)]
    kind = "note_acoustics" if notes else "audio_acoustics"
    with tables.writer(arguments.output, kind) as append:
        for tar in cli.progress(tars, len(tars), "tar files measured"):
            append(acoustics.table(shards.read(tar), kind))


if __name__ == "__main__":
    cli.run(main)
