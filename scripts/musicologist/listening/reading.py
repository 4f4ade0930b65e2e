"""Reading what a run has found, by the columns that are there: what a table lacks the page leaves out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core.errors import UserError

Row = Mapping[str, Any]


def rows(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a parquet or CSV table; numbers are numbers, no value and NaN are None.

    Raises UserError where the file is missing or no such table.
    """
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    try:
        table = pyarrow.csv.read_csv(path) if str(path).endswith(".csv") else pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise UserError(
            f"{path} is no readable table ({str(error).splitlines()[0]}): run `snakemake`, which makes it again."
        ) from None
    return [{name: _known(value) for name, value in row.items()} for row in table.to_pylist()]


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def record(path: str | Path) -> dict[str, Any]:
    """A JSON file; UserError where it is missing or none."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is no readable JSON ({error}): run `snakemake`, which makes it again.") from None


def probe_of(row: Row) -> str:
    """The name of the probe behind a row: its classifier, and its embedder where the table has one."""
    return " / ".join(str(row[name]) for name in ("classifier", "embedder") if row.get(name))


@dataclass(frozen=True)
class Levels:
    """The noise levels of a run, noisiest first: steps, sigma and log-SNR in dB."""

    steps: tuple[int, ...]
    sigma: tuple[float, ...]
    log_snr_db: tuple[float, ...]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Levels":
        """All levels that stand in these rows."""
        known = {int(row["step"]): (float(row["sigma"]), float(row["log_snr_db"])) for row in rows}
        steps = sorted(known)
        return cls(tuple(steps), *(tuple(known[step][part] for step in steps) for part in (0, 1)))

    def spread(self, values: Mapping[int, Any]) -> list[Any]:
        """Values by step as a list over all levels, None where there is none."""
        return [values.get(step) for step in self.steps]


@dataclass(frozen=True)
class Scores:
    """One probe's decisions on the clips of a run.

    ``keys`` are (prompt, sample) of each clip, ``labels`` (clips,) int8 are 1, 0 or -1 (on neither side), and
    ``decision`` has an array (levels, clips) for each signal, NaN where a clip has none.
    """

    keys: tuple[tuple[int, int], ...]
    labels: np.ndarray
    decision: Mapping[str, np.ndarray]

    @cached_property
    def place(self) -> dict[tuple[int, int], int]:
        """Where each clip stands in the arrays."""
        return {key: number for number, key in enumerate(self.keys)}

    def last(self) -> np.ndarray:
        """Decisions (clips,) on the finished clips: the last level of what the sampler follows, else of the first signal."""
        signal = "denoised" if "denoised" in self.decision else next(iter(self.decision))
        return self.decision[signal][-1]


def scores(path: str | Path, levels: Levels) -> Scores:
    """A table of decisions (columns prompt_id, sample, signal, step, decision, prompt_label); UserError where there is none.

    A prompt that counts on both sides (the original study's labels) is taken as one that asks for the concept.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["prompt_id", "sample", "signal", "step", "decision", "prompt_label"]
    try:
        table = pq.read_table(path, columns=names)
    except (OSError, pa.ArrowException) as error:
        raise UserError(
            f"{path} is no readable table of scores ({str(error).splitlines()[0]}): run `snakemake`."
        ) from None
    column = {name: table[name].to_numpy() for name in names if name not in ("signal", "prompt_label")}
    column["prompt_label"] = table["prompt_label"].fill_null(-1).to_numpy()
    clip = column["prompt_id"].astype(np.int64) * 1000 + column["sample"]
    clips, where = np.unique(clip, return_inverse=True)
    labels = np.full(len(clips), -1, np.int8)
    np.maximum.at(labels, where, column["prompt_label"].astype(np.int8))
    level = np.asarray(np.searchsorted(levels.steps, column["step"]))
    signal = table["signal"].combine_chunks().dictionary_encode()
    decision = {}
    for number, name in enumerate(signal.dictionary.to_pylist()):
        mine = signal.indices.to_numpy() == number
        decision[name] = np.full((len(levels.steps), len(clips)), np.nan)
        decision[name][level[mine], where[mine]] = column["decision"][mine]
    return Scores(tuple((int(c) // 1000, int(c) % 1000) for c in clips), labels, decision)


def order_of_signals(signals: Iterable[str], known: Sequence[str]) -> list[str]:
    """Signals in the order of ``known``, strange ones last."""
    return sorted(set(signals), key=lambda signal: (known.index(signal) if signal in known else len(known), signal))
