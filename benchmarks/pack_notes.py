"""Time packing an archive in NSynth's layout beside unpacking it and reading its files: python benchmarks/pack_notes.py

Each way runs in a process of its own, for its time and its peak memory; the archive is in the disk's cache for all.
"""

import argparse
import json
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.core import shards
from musicologist.notes import nsynth, packing
from musicologist.vocabulary.terms import FAMILIES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=3000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        begin = time.perf_counter()
        count = WAYS[arguments.way](arguments.folder, arguments.shards)
        seconds = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"notes": count, "seconds": seconds, "peak_mib": peak}))
        return
    with tempfile.TemporaryDirectory() as folder:
        nsynth.write_archive(Path(folder) / "nsynth-train.tar.gz", "train", tones(arguments.notes))
        size = (Path(folder) / "nsynth-train.tar.gz").stat().st_size
        print(f"{arguments.notes} notes of 4 s, an archive of {size / 1e6:.0f} MB")
        for way in WAYS:
            command = [sys.executable, __file__, "--way", way, "--folder", folder, "--shards", str(arguments.shards)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            print(f"{way:48} {found['notes']:6} notes {found['seconds']:8.1f} s   peak {found['peak_mib']:6.0f} MiB")


def tones(count: int) -> Iterator[tuple[dict, np.ndarray]]:
    """Decaying tones with a little noise: they compress about as notes do."""
    rng, seconds = np.random.default_rng(0), np.arange(4 * nsynth.SAMPLE_RATE) / nsynth.SAMPLE_RATE
    for number in range(count):
        pitch, instrument = 21 + number % 88, number // 88
        entry = nsynth.entry(
            number, f"{FAMILIES[instrument % len(FAMILIES)]}_acoustic_{instrument:03d}", pitch, 100, ["dark"]
        )
        tone = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * seconds) * np.exp(-2 * seconds)
        yield entry, 0.5 * tone + rng.normal(0, 0.002, len(tone))


def pack(folder: Path, count: int) -> int:
    targets = [folder / "packed" / f"shard_{number:04d}.tar" for number in range(count)]
    source = packing.Source(folder / "nsynth-train.tar.gz", "train")
    return packing.pack([source], 0, targets, folder / "packed" / "notes.parquet")


def read_shards(folder: Path, count: int) -> int:
    return sum(1 for number in range(count) for _ in shards.read(folder / "packed" / f"shard_{number:04d}.tar"))


def unpack_and_read(folder: Path, count: int) -> int:
    with tarfile.open(folder / "nsynth-train.tar.gz") as archive:
        archive.extractall(folder / "unpacked", filter="data")
    unpacked = folder / "unpacked" / "nsynth-train"
    entries = json.loads((unpacked / "examples.json").read_text())
    for name in entries:
        shards.decode((unpacked / "audio" / f"{name}.wav").read_bytes())
    return len(entries)


WAYS = {
    "pack_notes: the archive into tar shards": pack,
    "then: read all clips of the shards": read_shards,
    "unpack the archive, read the files one by one": unpack_and_read,
}


if __name__ == "__main__":
    main()
