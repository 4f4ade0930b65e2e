"""Where along the noise levels a curve comes up, and the order that follows from many such places.

Curves are ROC-AUC of prompts over log sigma (natural logarithm, falling along the trajectory). "Before" is at higher noise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from musicologist.statistics import bootstrap, curves

LANDMARKS = ("half_rise", "logistic", "onset")
"""sigma50 of the isotonic curve; the midpoint of a logistic; the first level from which on the null is beaten."""
_FEWEST_FOR_LOGISTIC = 5


@dataclass(frozen=True)
class Landmarks:
    """Landmarks as log sigma, each an array over curves (row 0: as measured, then the resamples), and the curves' rise.

    ``onset`` is -inf for a curve that is not above its null at the last level; ``rise`` is the mean AUC of the last third of
    the levels minus that of the first third.
    """

    half_rise: np.ndarray
    logistic: np.ndarray
    onset: np.ndarray
    rise: np.ndarray


def landmarks(log_sigma: np.ndarray, auc: np.ndarray, critical: np.ndarray) -> Landmarks:
    """Landmarks of curves ``auc`` (curves, levels) whose levels must exceed ``critical`` (levels,) to count."""
    third = max(1, len(log_sigma) // 3)
    enough = len(log_sigma) >= _FEWEST_FOR_LOGISTIC
    midpoint = curves.fit_logistic(log_sigma, auc).midpoint if enough else np.full(len(auc), np.nan)
    return Landmarks(
        curves.half_rise(log_sigma, auc) if len(log_sigma) > 1 else np.full(len(auc), np.nan),
        midpoint,
        onset(log_sigma, auc, critical),
        auc[:, -third:].mean(1) - auc[:, :third].mean(1),
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
    that reaches beyond the last level (resamples that never emerge) has 0 as its low end.
    """
    rise = _estimate(found.rise)
    rises = rise["low"] > 0
    nothing = {"value": float("nan"), "low": float("nan"), "high": float("nan")}
    described: dict[str, Any] = {"rise": rise}
    for name in LANDMARKS:
        values = getattr(found, name)
        known = (rises or name == "onset") and not np.isneginf(values[0])
        described[name] = _as_sigma(_estimate(values)) if known else nothing
    return described


def _estimate(values: np.ndarray) -> dict[str, float]:
    """The measured value, first of ``values`` (1 + resamples,), and its interval."""
    low, high = bootstrap.interval(values[1:])
    return {"value": float(values[0]), "low": low, "high": high}


def _as_sigma(described: Mapping[str, float]) -> dict[str, float]:
    return {name: float(np.exp(value)) for name, value in described.items()}


def lag(first: Landmarks, second: Landmarks, first_level: float) -> dict[str, Any]:
    """How far ``first`` comes before ``second`` in log sigma, paired over resamples, by half-rise and by onset.

    ``at_least`` says that ``first`` was there at the first level (its log sigma is ``first_level``), so that it may have come
    earlier than can be seen. NaN where one of the two does not emerge or, for the half-rise, does not rise.
    """
    rise = all(describe(side)["rise"]["low"] > 0 for side in (first, second))
    with np.errstate(invalid="ignore"):
        found = {name: getattr(first, name) - getattr(second, name) for name in ("half_rise", "onset")}
    found["half_rise"] = found["half_rise"] if rise else np.full(len(first.rise), np.nan)
    described = {name: _estimate(np.where(np.isinf(values), np.nan, values)) for name, values in found.items()}
    described["onset"]["at_least"] = bool(first.onset[0] >= first_level)
    return described


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
