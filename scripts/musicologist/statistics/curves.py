"""Curves over the noise level: isotonic regression, half-rise, and a logistic with free floor and ceiling, many at once.

Everywhere ``log_sigma`` (levels,) is the natural logarithm of the noise level, falling along the trajectory, and ``curves`` is
(curves, levels): a figure of merit that is expected to rise as the noise falls.
"""

from dataclasses import dataclass

import numpy as np

_STEEPNESS = 24
_MIDPOINTS = 48
_ITERATIONS = 15
_ROUNDING = 1e-12
_LARGEST_DAMPING = 1e6


def isotonic(curves: np.ndarray) -> np.ndarray:
    """The non-decreasing curves (curves, levels) that are nearest in least squares.

    The min-max formula of Robertson, Wright and Dykstra (1988, theorem 1.4.4): equal to pooling adjacent violators, for all
    curves at once. NaN anywhere in a curve makes all of it NaN.
    """
    levels = curves.shape[1]
    total = np.concatenate([np.zeros((len(curves), 1)), np.cumsum(curves, axis=1, dtype=np.float64)], axis=1)
    fitted = np.full(curves.shape, -np.inf)
    for start in range(levels):
        mean = (total[:, start + 1 :] - total[:, [start]]) / np.arange(1, levels - start + 1)
        least = np.minimum.accumulate(mean[:, ::-1], axis=1)[:, ::-1]
        np.maximum(fitted[:, start:], least, out=fitted[:, start:])
    return fitted


def crossing(log_sigma: np.ndarray, rising: np.ndarray, height: np.ndarray) -> np.ndarray:
    """Where each non-decreasing curve reaches its ``height`` (curves,), as log sigma (curves,), linear between levels.

    A curve that stays at the height for a while crosses in the middle of that stretch. One that is above it from the start
    gives the first level, one that never reaches it NaN.
    """
    first = _reach(log_sigma, rising, height, -_ROUNDING)
    last = _reach(log_sigma, rising, height, _ROUNDING)
    return np.where(np.isnan(last), first, (first + last) / 2)


def _reach(log_sigma: np.ndarray, rising: np.ndarray, height: np.ndarray, beyond: float) -> np.ndarray:
    above = rising > (height + beyond)[:, None]
    index = above.argmax(1)
    rows = np.arange(len(rising))
    before = np.maximum(index - 1, 0)
    low, high = rising[rows, before], rising[rows, index]
    step = np.divide(height - low, high - low, out=np.ones(len(rising)), where=high > low)
    found = log_sigma[before] + step.clip(0, 1) * (log_sigma[index] - log_sigma[before])
    return np.where(above.any(1), found, np.nan)


def half_rise(log_sigma: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """log sigma50 (curves,): where each curve's isotonic fit is half way from its first to its last value.

    NaN where the isotonic curve does not rise at all.
    """
    rising = isotonic(curves)
    floor, ceiling = rising[:, 0], rising[:, -1]
    found = crossing(log_sigma, rising, (floor + ceiling) / 2)
    return np.where(ceiling > floor, found, np.nan)


def half_excess(log_sigma: np.ndarray, curves: np.ndarray, chance: float = 0.5) -> np.ndarray:
    """log sigma (curves,) where each curve's isotonic fit first has half of what it has above ``chance`` at its last level.

    Unlike a half-rise it has a floor that is known. It is censored at the first level: a curve that has half of it there gives
    that level, for it may have come earlier than can be seen. -inf where the curve does not end above chance, NaN where it
    holds NaN.
    """
    rising = isotonic(curves)
    final = rising[:, -1]
    found = crossing(log_sigma, rising, (chance + final) / 2)
    return np.where(np.isnan(final), np.nan, np.where(final > chance, found, -np.inf))


def p_monotone(curves: np.ndarray) -> float:
    """p of the hypothesis that the first of ``curves`` (1 + resamples, levels) rises all the way, given resamples of it.

    The statistic is the curve's largest distance from its isotonic fit. Its null: the fit, with the resamples' deviations from
    the curve as errors (Davison and Hinkley 1997, section 4.4). NaN where the curve holds NaN.
    """
    fitted = isotonic(curves[:1])
    errors = curves[1:] - curves[:1]
    under_null = fitted + errors[np.isfinite(errors).all(1)]
    distances = np.abs(under_null - isotonic(under_null)).max(1)
    observed = np.abs(curves[0] - fitted[0]).max()
    if np.isnan(observed):
        return float("nan")
    return float((1 + (distances >= observed - _ROUNDING).sum()) / (1 + len(distances)))


@dataclass(frozen=True)
class Logistic:
    """Logistics floor + (ceiling - floor) / (1 + exp((log sigma - midpoint) / width)), each field (curves,)."""

    floor: np.ndarray
    ceiling: np.ndarray
    midpoint: np.ndarray
    width: np.ndarray

    def values(self, log_sigma: np.ndarray) -> np.ndarray:
        """The curves (curves, levels)."""
        shape = 1 / (1 + np.exp((log_sigma - self.midpoint[:, None]) / self.width[:, None]))
        return self.floor[:, None] + (self.ceiling - self.floor)[:, None] * shape


def fit_logistic(log_sigma: np.ndarray, curves: np.ndarray) -> Logistic:
    """Least-squares logistics with free floor and ceiling: a fixed lapse rate biases the midpoint (Prins 2012, J. Vision 12).

    Floor and ceiling are linear given midpoint and width, so they are projected out (Golub and Pereyra 1973): a grid over the
    other two, then Levenberg-Marquardt on all four. The midpoint stays between the first and the last level, the
    width between a quarter of the spacing and the whole range. Curves that fall, or hold NaN, give NaN. Needs five levels.
    """
    low, high = log_sigma.min(), log_sigma.max()
    narrowest, widest = (high - low) / (len(log_sigma) - 1) / 4, high - low
    midpoints = np.linspace(low, high, _MIDPOINTS)
    widths = np.geomspace(narrowest, widest, _STEEPNESS)
    grid = np.stack(np.meshgrid(midpoints, widths, indexing="ij"), -1).reshape(-1, 2)
    shapes = 1 / (1 + np.exp((log_sigma[None] - grid[:, :1]) / grid[:, 1:]))
    centred = shapes - shapes.mean(1, keepdims=True)
    norm = np.sqrt((centred**2).sum(1))
    deviation = curves - curves.mean(1, keepdims=True)
    explained = deviation @ (centred / norm[:, None]).T
    best = explained.argmax(1)  # of a curve that holds NaN any: it is left out below
    slope = explained[np.arange(len(curves)), best] / norm[best]
    floor = curves.mean(1) - slope * shapes[best].mean(1)
    start = np.stack([floor, floor + slope, *grid[best].T], axis=1)
    usable = np.isfinite(curves).all(1) & (slope > 0)
    found = np.full((len(curves), 4), np.nan)
    bounds = np.array([[-np.inf, -np.inf, low, narrowest], [np.inf, np.inf, high, widest]])
    if usable.any():
        found[usable] = _levenberg_marquardt(log_sigma, curves[usable], start[usable], bounds)
    return Logistic(*found.T)


def _levenberg_marquardt(
    log_sigma: np.ndarray, curves: np.ndarray, start: np.ndarray, bounds: np.ndarray
) -> np.ndarray:
    """Parameters (curves, 4) of least squares; damping follows the ratio of gained to promised error (Nielsen 1999)."""
    now, damping, again = start, np.full(len(start), 0.1), np.full(len(start), 2.0)
    error = ((Logistic(*now.T).values(log_sigma) - curves) ** 2).sum(1)
    for _ in range(_ITERATIONS):
        floor, ceiling, midpoint, width = (column[:, None] for column in now.T)
        scaled = (log_sigma - midpoint) / width
        shape = 1 / (1 + np.exp(scaled))
        bend = (ceiling - floor) * shape * (1 - shape) / width
        slopes = np.stack([1 - shape, shape, bend, bend * scaled], axis=2)
        downhill = np.einsum("nli,nl->ni", slopes, curves - (floor + (ceiling - floor) * shape))
        normal = np.einsum("nli,nlj->nij", slopes, slopes)
        diagonal = np.einsum("nii->ni", normal)
        added = damping[:, None] * (diagonal + 1e-9)
        diagonal += added
        step = np.linalg.solve(normal, downhill[..., None])[..., 0]
        trial = np.clip(now + step, *bounds)
        trial_error = ((Logistic(*trial.T).values(log_sigma) - curves) ** 2).sum(1)
        gain = (error - trial_error) / np.maximum((step * (added * step + downhill)).sum(1), 1e-300)
        better = trial_error < error
        now, error = np.where(better[:, None], trial, now), np.where(better, trial_error, error)
        damping = np.where(better, damping * np.maximum(1 / 3, 1 - (2 * gain - 1) ** 3), damping * again)
        damping, again = np.minimum(damping, _LARGEST_DAMPING), np.where(better, 2.0, np.minimum(again * 2, 1e6))
    return now
