"""Measure every clip of some shards without a network: loudness, spectral centroid and flatness, cepstral coefficients."""

import argparse
from pathlib import Path

from musicologist.core import programs, progress


def main() -> None:
    """Write one row for each clip; of generated audio, one row group for each signal and step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", required=True, choices=["audio", "notes"])
    parser.add_argument(
        "--inputs", required=True, nargs="+", type=Path, help="audio: manifests of shards; notes: tar files"
    )
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.audio import acoustics, manifests
    from musicologist.core import parquet, shards

    notes = arguments.corpus == "notes"
    tars = arguments.inputs
    if not notes:
        tars = [level["tar"] for path in arguments.inputs for level in manifests.read_manifest(path)]
    schema = acoustics.NOTE_ACOUSTICS if notes else acoustics.AUDIO_ACOUSTICS
    with parquet.writer(arguments.output, schema) as append:
        for tar in progress.shown(tars, len(tars), "tar files measured"):
            append(acoustics.table(shards.read(tar), schema))


if __name__ == "__main__":
    programs.run(main)
