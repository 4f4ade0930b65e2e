"""The sampler's noise levels in closed form, in sigma and in dB. Needs no torch."""

import math
from typing import TypeVar

import numpy as np

Sigma = TypeVar("Sigma", float, np.ndarray)


def sigmas(steps: int, sigma_min: float, sigma_max: float) -> list[float]:
    """Noise levels of ``steps`` (two or more) steps, evenly spaced in the logarithm from ``sigma_max`` to ``sigma_min``.

    k-diffusion's ``get_sigmas_polyexponential`` with rho 1, without the 0 that it appends.
    """
    ratio = math.log(sigma_min / sigma_max) / (steps - 1)
    return [sigma_max * math.exp(ratio * step) for step in range(steps)]


def log_snr_db(sigma: Sigma) -> Sigma:
    """Signal-to-noise ratio in dB at noise level ``sigma``, a number or an array, for data of unit spread."""
    return -20 * np.log10(sigma)
