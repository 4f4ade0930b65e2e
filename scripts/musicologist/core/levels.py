"""Levels of generated audio, a signal and a step each, and where their files lie."""

from collections.abc import Sequence
from pathlib import Path

from musicologist.core.errors import UserError

SIGNALS = ("denoised", "noisy")

Level = tuple[str, int]
"""A signal and a step, counted from 0."""


def levels_of(paths: Sequence[Path], steps: int, signals: Sequence[str] = SIGNALS) -> dict[Level, Path]:
    """Tar files by level, as their paths tell: .../SIGNAL/step_XX/NAME.tar.

    Raises UserError for a path that names none of ``signals`` or no step below ``steps``.
    """
    levels = {}
    for path in paths:
        signal, step = path.parent.parent.name, path.parent.name.removeprefix("step_")
        if signal not in signals or not step.isdecimal() or int(step) >= steps:
            raise UserError(
                f"{path} names no signal and step: expected .../{signals[0]}/step_XX/NAME.tar with a signal out of "
                f"{', '.join(signals)} and a step from 0 to {steps - 1}."
            )
        levels[signal, int(step)] = path
    return levels
