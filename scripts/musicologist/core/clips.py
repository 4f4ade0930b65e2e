"""A clip of audio, and whether it can be heard."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from musicologist.core.errors import UserError

SHORTEST = 0.1
"""Seconds; from less audio nothing is embedded."""


@dataclass(frozen=True)
class Clip:
    """A named piece of audio: float32 (channels, samples) in [-1, 1], its rate in Hz, and what is known about it."""

    key: str
    audio: np.ndarray
    sample_rate: int
    record: dict[str, Any]

    def mono(self) -> np.ndarray:
        """The mean of the channels, float32 (samples,)."""
        return self.audio.mean(axis=0, dtype=np.float32)


def mono(audio: np.ndarray, sample_rate: int, place: str) -> np.ndarray:
    """The mean of the channels of audio (channels, samples), float32.

    Raises UserError, naming ``place``, where it is too short, not finite or silent.
    """
    mean = audio.mean(axis=0, dtype=np.float32)
    if len(mean) < SHORTEST * sample_rate:
        raise UserError(f"{place} is {len(mean) / sample_rate:.3f} s long: expected at least {SHORTEST} s of audio.")
    if not np.isfinite(mean).all():
        raise UserError(f"{place} has samples that are no numbers (NaN or infinite): make the file again.")
    if not mean.any():
        raise UserError(
            f"{place} is silent: nothing can be heard in it; remove it, or check the model and the settings that made it."
        )
    return mean
