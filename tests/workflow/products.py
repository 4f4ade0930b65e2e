"""Comparing the products of two runs by content."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def names(results: Path) -> list[str]:
    """The products below a run's folder."""
    return sorted(path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file())


def differences(first: Path, second: Path) -> list[str]:
    """The products that the two folders do not have alike; temporary files that a kill left behind do not count."""
    mine, others = (
        [name for name in names(folder) if not Path(name).name.startswith(".")] for folder in (first, second)
    )
    return sorted(set(mine) ^ set(others)) + [
        name for name in mine if name in others and not _same(first / name, second / name)
    ]


def _same(first: Path, second: Path) -> bool:
    if first.suffix == ".skops":  # differ in bytes from run to run
        from musicologist.probes import classifiers, registry

        points = np.random.default_rng(0).normal(size=(64, 512)).astype(np.float32)
        kind = classifiers.at(registry.ADDRESSES[first.stem])
        return np.array_equal(*(classifiers.load(path, kind).decision_function(points) for path in (first, second)))
    if first.suffix == ".parquet":
        mine, other = pq.read_table(first), pq.read_table(second)
        return mine.schema == other.schema and all(map(_equal, mine.columns, other.columns))
    return first.read_bytes() == second.read_bytes()


def _equal(first: pa.ChunkedArray, second: pa.ChunkedArray) -> bool:
    """Whether two columns hold the same; for Arrow NaN is not NaN."""
    if pa.types.is_floating(first.type):
        return np.array_equal(first.to_numpy(), second.to_numpy(), equal_nan=True)
    return first.equals(second)
