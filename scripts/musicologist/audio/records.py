"""What a clip of generated audio tells about itself: which prompt and level it is of, how loud it is."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.core.clips import Clip
from musicologist.core.levels import Level


def of_level(level: Level, sigmas: Sequence[float]) -> dict[str, Any]:
    """A level's signal, step, sigma and log-SNR in dB; ``sigmas`` are the noise levels of all steps."""
    signal, step = level
    return {"signal": signal, "step": step, "sigma": sigmas[step], "log_snr_db": noise_levels.log_snr_db(sigmas[step])}


def clip(audio: np.ndarray, sample_rate: int, record: Mapping[str, Any]) -> Clip:
    """A clip of generated audio (channels, samples), named PROMPT_SAMPLE; its record tells peak and clipped share too."""
    loudness = np.abs(audio)
    measured = {
        "sample_rate": sample_rate,
        "peak": float(loudness.max()),
        "clipped_share": float((loudness > 1).mean()),
    }
    return Clip(f"{record['prompt_id']:06d}_{record['sample']:02d}", audio, sample_rate, {**record, **measured})
