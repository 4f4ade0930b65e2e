"""The deformation control: finished clips under white noise, which tells a concept that emerges from a robust embedding."""

from collections.abc import Sequence

import numpy as np


def noisy(audio: np.ndarray, sigma: float, seed: Sequence[int]) -> np.ndarray:
    """Mono audio (samples,) under white Gaussian noise at a signal-to-noise ratio of -20 log10(sigma) dB, at its own power.

    It is x + sigma rms(x) n, over sqrt(1 + sigma^2): what the state of variance ``sigma`` would be if the noise lay in the
    audio and not in the latent. The noise n follows from ``seed`` alone, so that all levels of a clip share it. As a robustness
    axis: Plachouras et al. 2023, mir_ref.
    """
    noise = np.random.default_rng(seed).standard_normal(len(audio), dtype=np.float32)
    rms = float(np.sqrt(np.mean(audio**2, dtype=np.float64)))
    return ((audio + sigma * rms * noise) / np.sqrt(1 + sigma**2)).astype(np.float32)
