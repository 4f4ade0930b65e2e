"""Cluster bootstrap: prompts are drawn with replacement, all clips of a prompt together."""

import numpy as np

from musicologist.statistics.distributions import normal, student_quantile


def draws(prompts: int, resamples: int, seed: int) -> np.ndarray:
    """How often each of so many prompts is drawn, float32 (prompts, resamples); a resample has as many draws as prompts.

    Cluster bootstrap (Davison and Hinkley 1997, section 3.8; Field and Welsh 2007, J. R. Stat. Soc. B 69: 369). The draws
    depend on the number of prompts and the seed alone: levels, signals, probes and concepts see the same ones, so that
    differences between them are paired.
    """
    counts = np.random.default_rng(seed).multinomial(prompts, np.full(prompts, 1 / prompts), size=resamples)
    return np.ascontiguousarray(counts.T, dtype=np.float32)


def interval(values: np.ndarray, confidence: float = 0.95, clusters: int | None = None) -> tuple[float, float]:
    """Percentile interval of resampled values (resamples,); with ``clusters``, the fewest that any side has, expanded.

    Percentiles of few clusters lie too near to one another, as normal quantiles do in place of Student's. The expanded
    percentile interval (Hesterberg 2015, Am. Stat. 69: 371, section 5) takes those with the tail
    Phi(-sqrt(n / (n - 1)) t) of n clusters, t the quantile of n - 1 degrees of freedom.

    NaN are resamples in which the value is not defined (a class was not drawn); they do not count. Infinities do: they are
    values beyond the first or last level. Both ends are NaN where more than half of the resamples are NaN.
    """
    known = np.sort(values[~np.isnan(values)])
    if len(known) * 2 < len(values) or not len(known):
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2 if clusters is None else _expanded((1 - confidence) / 2, clusters)
    with np.errstate(invalid="ignore"):
        ends = [_quantile(known, tail), _quantile(known, 1 - tail)]
    return ends[0], ends[1]


def _expanded(tail: float, clusters: int) -> float:
    freedom = max(clusters - 1, 1)
    return normal(-np.sqrt((freedom + 1) / freedom) * student_quantile(freedom, 1 - tail))


def _quantile(ordered: np.ndarray, probability: float) -> float:
    """Linear between order statistics, as numpy's, but an infinite neighbour is not mixed with a finite one."""
    place = probability * (len(ordered) - 1)
    below, above = ordered[int(np.floor(place))], ordered[int(np.ceil(place))]
    if not (np.isfinite(below) and np.isfinite(above)):
        return float(below if place % 1 < 0.5 else above)
    return float(below + (above - below) * (place % 1))
