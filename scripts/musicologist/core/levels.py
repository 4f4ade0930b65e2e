"""Levels of generated audio, a signal and a step each, and where their files lie: the one place that knows ``step_XX``."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from musicologist.core.errors import UserError

SIGNALS = ("denoised", "unguided", "noisy")

Level = tuple[str, int]
"""A signal and a step, counted from 0."""


def path(folder: str | Path, level: Level, suffix: str = "") -> Path:
    """Where a level lies below ``folder``: SIGNAL/step_XX, a folder or, with a suffix like ``.parquet``, a file."""
    signal, step = level
    return Path(folder) / signal / f"step_{step:02d}{suffix}"


def of_tables(paths: Iterable[Path]) -> dict[Level, Path]:
    """Tables by level, as their paths tell: .../SIGNAL/step_XX.parquet; UserError for a path that names no step."""
    levels = {}
    for table in paths:
        level = _level(table.with_suffix(""))
        if level is None:
            raise UserError(f"{table} names no signal and step: expected .../SIGNAL/step_XX.parquet.")
        levels[level] = table
    return levels


def of_tars(paths: Iterable[Path], steps: int, signals: Sequence[str] = SIGNALS) -> dict[Level, Path]:
    """Tar files by level, as their paths tell: .../SIGNAL/step_XX/NAME.tar.

    Raises UserError for a path that names none of ``signals`` or no step below ``steps``.
    """
    levels = {}
    for tar in paths:
        level = _level(tar.parent)
        if level is None or level[0] not in signals or level[1] >= steps:
            raise UserError(
                f"{tar} names no signal and step: expected .../{signals[0]}/step_XX/NAME.tar with a signal out of "
                f"{', '.join(signals)} and a step from 0 to {steps - 1}."
            )
        levels[level] = tar
    return levels


def _level(place: Path) -> Level | None:
    """The level that .../SIGNAL/step_XX names."""
    step = place.name.removeprefix("step_")
    return (place.parent.name, int(step)) if step != place.name and step.isdecimal() else None
