"""Where along the noise levels a curve comes up, and the order that follows from many such places.

Curves are ROC-AUC of prompts over log sigma (natural logarithm, falling along the trajectory). "Before" is at higher noise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from musicologist.statistics import bootstrap, curves

LANDMARKS = ("half_excess", "half_rise", "logistic", "onset")
"""Half of what a curve has above chance at its end; sigma50 of its rise; the midpoint of a logistic; the first level from which
on the null is beaten."""
_OF_A_RISE = ("half_rise", "logistic")
_FEWEST_FOR_LOGISTIC = 5
_NOTHING = {"value": float("nan"), "low": float("nan"), "high": float("nan")}


@dataclass(frozen=True)
class Landmarks:
    """Landmarks as log sigma, each an array over curves (row 0: as measured, then the resamples), and the curves' rise.

    ``half_excess`` is censored at the first level and, as ``onset``, -inf for a curve that does not end above chance (above its
    null); ``rise`` is the mean AUC of the last third of the levels minus that of the first third. ``p_monotone`` is that of a
    curve which rises all the way, ``clusters`` the number of prompts of the smaller side.
    """

    half_excess: np.ndarray
    half_rise: np.ndarray
    logistic: np.ndarray
    onset: np.ndarray
    rise: np.ndarray
    first_level: float
    p_monotone: float
    clusters: int


def landmarks(log_sigma: np.ndarray, auc: np.ndarray, critical: np.ndarray, clusters: int) -> Landmarks:
    """Landmarks of curves ``auc`` (curves, levels) whose levels must exceed ``critical`` (levels,) to count.

    ``clusters`` is the number of prompts of the smaller side.
    """
    third = max(1, len(log_sigma) // 3)
    enough = len(log_sigma) >= _FEWEST_FOR_LOGISTIC
    midpoint = curves.fit_logistic(log_sigma, auc).midpoint if enough else np.full(len(auc), np.nan)
    return Landmarks(
        half_excess=curves.half_excess(log_sigma, auc),
        half_rise=curves.half_rise(log_sigma, auc) if len(log_sigma) > 1 else np.full(len(auc), np.nan),
        logistic=midpoint,
        onset=onset(log_sigma, auc, critical),
        rise=auc[:, -third:].mean(1) - auc[:, :third].mean(1),
        first_level=float(log_sigma[0]),
        p_monotone=curves.p_monotone(auc),
        clusters=clusters,
    )


def onset(log_sigma: np.ndarray, auc: np.ndarray, critical: np.ndarray) -> np.ndarray:
    """log sigma (curves,) of the first level from which on a curve stays above ``critical``; -inf if it does not end there."""
    above = auc > critical
    stays = np.logical_and.accumulate(above[:, ::-1], axis=1)[:, ::-1]
    first = log_sigma[stays.argmax(1)]
    undefined = np.isnan(auc).any(1)
    return np.where(undefined, np.nan, np.where(stays[:, -1], first, -np.inf))


def describe(found: Landmarks) -> dict[str, Any]:
    """Each landmark as sigma with its 95 % interval, and the rise; NaN where there is none.

    A half-rise is where half of a rise has come, so it is NaN unless the rise's own interval lies above zero. An interval
    that reaches beyond the last level (resamples that never emerge) has 0 as its low end. A half-excess at the first level is
    ``censored``: it may have come earlier.
    """
    rise = _estimate(found.rise, found.clusters)
    described: dict[str, Any] = {"rise": rise}
    for name in LANDMARKS:
        values = getattr(found, name)
        known = (rise["low"] > 0 or name not in _OF_A_RISE) and not np.isneginf(values[0])
        described[name] = _as_sigma(_estimate(values, found.clusters)) if known else dict(_NOTHING)
    described["half_excess"]["censored"] = bool(found.half_excess[0] >= found.first_level)
    return described | {"p_monotone": found.p_monotone}


def _estimate(values: np.ndarray, clusters: int | None) -> dict[str, float]:
    """The measured value, first of ``values`` (1 + resamples,), and its interval."""
    low, high = bootstrap.interval(values[1:], clusters=clusters)
    return {"value": float(values[0]), "low": low, "high": high}


def _as_sigma(described: Mapping[str, float]) -> dict[str, float]:
    return {name: float(np.exp(value)) for name, value in described.items()}


def lag(first: Landmarks, second: Landmarks) -> dict[str, Any]:
    """How far ``first`` has half of its excess before ``second``, in log sigma, paired over resamples.

    ``at_least`` says that ``first`` has it at the first level, so that it may have come earlier than can be seen. NaN where
    one of the two does not end above chance, or ``second`` has it at the first level too: then nothing was seen of a lag.
    """
    with np.errstate(invalid="ignore"):
        difference = first.half_excess - second.half_excess
    known = np.isfinite(difference[0]) and second.half_excess[0] < second.first_level
    found = _estimate(difference, None) if known else dict(_NOTHING)  # two censored ends make it wide enough
    return found | {"at_least": bool(known and first.half_excess[0] >= first.first_level)}


def precedence(times: np.ndarray) -> np.ndarray:
    """P(row's concept before column's) (concepts, concepts) over the resamples, ties as a half; NaN on the diagonal."""
    concepts = times.shape[1]
    found = np.full((concepts, concepts), np.nan)
    for one in range(concepts):
        mine = times[:, [one]]
        known = ~np.isnan(mine) & ~np.isnan(times)
        share = ((mine > times).sum(0) + 0.5 * (mine == times).sum(0)) / np.maximum(known.sum(0), 1)
        found[one] = np.where(known.any(0), share, np.nan)
    np.fill_diagonal(found, np.nan)
    return found


def ranks(times: np.ndarray) -> np.ndarray:
    """Ranks from 1, the earliest, in each resample (resamples, concepts); equal times share their mean rank, NaN stays NaN."""
    earlier = (times[:, :, None] < times[:, None, :]).sum(2)
    equal = (times[:, :, None] == times[:, None, :]).sum(2)
    return np.where(np.isnan(times), np.nan, 1 + earlier + (equal - 1) / 2)


def kendall_tau_b(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Kendall's tau-b (resamples,) between the rows of two (resamples, concepts) arrays (Kendall 1945).

    Concepts that are NaN on either side are left out; NaN where fewer than two are left or one side is all ties.
    """
    one, two = np.triu_indices(first.shape[1], 1)
    known = ~np.logical_or.reduce([np.isnan(side[:, pair]) for side in (first, second) for pair in (one, two)])
    a, b = (
        np.where(known, (side[:, one] > side[:, two]).astype(int) - (side[:, one] < side[:, two]), 0)
        for side in (first, second)
    )
    scale = np.sqrt((a != 0).sum(1) * (b != 0).sum(1))
    return np.divide((a * b).sum(1), scale, out=np.full(len(first), np.nan), where=scale > 0)
