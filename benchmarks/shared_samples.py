"""How many samples of a sound font stand in others too.

    python benchmarks/shared_samples.py TimGM6mb FluidR3 MuseScore_General

What a model was trained on and what it is judged on must share none. Of each sample of the first font forty short runs of
values are looked for in the whole of the others; a copy has nearly all of them, whatever it is called. A resampled copy is not
found.
"""

import argparse
import struct
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from musicologist.core import programs
from musicologist.notes.synthesizer import soundfont_path

RUN, RUNS = 12, 40  # values in a run, runs of a sample
LEAST = 50  # spread of a run: silence is the same everywhere
COPY = 0.2  # share of its runs
AT_ONCE = 5_000_000
HEADER = struct.Struct("<20sIIIIIBbHH")  # SoundFont 2.04, 7.10: name, start, end, ...
FACTORS = np.array([pow(6364136223846793005, power, 2**64) for power in range(RUN)], np.uint64)


def main() -> None:
    """Print a line for each other font."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("font", help="a name or the path of an .sf2 file")
    parser.add_argument("others", nargs="+")
    arguments = parser.parse_args()
    values, samples = samples_of(soundfont_path(arguments.font))
    for other in arguments.others:
        found = shared(values, samples, samples_of(soundfont_path(other))[0])
        copies = [name for name, share in found.items() if share >= COPY]
        named = f", first {', '.join(copies[:5])}" if copies else ""
        print(f"{other}: {len(copies)} of {len(found)} samples of {arguments.font}{named}.", flush=True)


def samples_of(path: Path) -> tuple[np.ndarray, dict[str, tuple[int, int]]]:
    """All values (int16) of a sound font, and where each sample begins and ends."""
    content, chunks, position = path.read_bytes(), {}, 12
    while position + 8 <= len(content):
        kind, size = struct.unpack_from("<4sI", content, position)
        if kind == b"LIST":
            position += 12
            continue
        chunks[kind] = content[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    headers = chunks[b"shdr"][: len(chunks[b"shdr"]) // HEADER.size * HEADER.size]
    found = {}
    for number, (name, start, end, *_) in enumerate(HEADER.iter_unpack(headers)):
        if end - start >= 200:
            found[f"{name.split(bytes(1))[0].decode('latin-1')} ({number})"] = start, end
    return np.frombuffer(chunks[b"smpl"], np.int16), found


def keys(values: np.ndarray) -> np.ndarray:
    """A number (runs,) for each run of values."""
    wide, count = values.astype(np.int64).astype(np.uint64), len(values) - RUN + 1
    return sum((wide[at : at + count] * factor for at, factor in enumerate(FACTORS)), np.zeros(count, np.uint64))


def shared(values: np.ndarray, samples: dict[str, tuple[int, int]], other: np.ndarray) -> dict[str, float]:
    """By sample, the share of its runs that stand in ``other``."""
    runs: dict[str, list[int]] = defaultdict(list)
    for name, (start, end) in samples.items():
        for place in np.linspace(start + 20, end - RUN - 5, RUNS).astype(int):
            run = values[place : place + RUN]
            if np.ptp(run.astype(int)) >= LEAST:
                runs[name].append(int(keys(run)[0]))
    wanted = np.unique(np.array([key for found in runs.values() for key in found], np.uint64))
    hit: set[int] = set()
    for start in range(0, len(other) - RUN, AT_ONCE):
        there = keys(other[start : start + AT_ONCE + RUN - 1])
        nearest = wanted[np.minimum(np.searchsorted(wanted, there), len(wanted) - 1)]
        hit.update(nearest[nearest == there].tolist())
    return {name: sum(key in hit for key in found) / len(found) for name, found in runs.items()}


if __name__ == "__main__":
    programs.run(main)
