"""Over all concepts: in which order they emerge, and whether two probes agree."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from musicologist.emergence import answers
from musicologist.emergence.answers import Key
from musicologist.statistics import bootstrap, landmarks


def times(
    landmarks: Mapping[Key, np.ndarray], concluded: Mapping[Key, Mapping[str, Any]]
) -> dict[tuple[str, str], tuple[list[str], np.ndarray]]:
    """By (classifier, signal): the concepts that emerged, and their log sigma50 (1 + resamples, concepts).

    Without a rise of its own a concept that was there from the start comes before all others (+inf). One that did not emerge
    has no place in an order. ``landmarks`` are half-rises as log sigma (1 + resamples,).
    """
    found = {}
    for classifier, signal in sorted({key[1:] for key in landmarks}):
        concepts, columns = [], []
        for key, values in landmarks.items():
            conclusion = concluded[key]
            if key[1:] != (classifier, signal) or conclusion["answer"] == answers.NOT_EMERGED:
                continue
            flat = np.isnan(conclusion["half_rise_sigma"])
            if flat and conclusion["answer"] == answers.EMERGED:
                continue  # it beats its null at last, but its rise is within its own error: no sigma50
            concepts.append(key[0])
            columns.append(np.full(len(values), np.inf) if flat else values)
        found[classifier, signal] = (concepts, np.stack(columns, axis=1) if columns else np.empty((1, 0)))
    return found


def ordering(placed: Mapping[tuple[str, str], tuple[Sequence[str], np.ndarray]]) -> dict[str, Any]:
    """Orders by classifier and signal, earliest first, and the agreement of classifiers on each signal.

    Each order has the concepts, the median and the 95 % interval of their ranks, and ``before``: P(row before column).
    """
    orders = [_order(classifier, signal, *placed[classifier, signal]) for classifier, signal in sorted(placed)]
    agreement = []
    for signal in sorted({signal for _, signal in placed}):
        for first, second in combinations(sorted(c for c, s in placed if s == signal), 2):
            agreement.append({"signal": signal, "first": first, "second": second} | _tau(placed, first, second, signal))
    return {"orders": orders, "agreement": agreement}


def _order(classifier: str, signal: str, concepts: Sequence[str], log_sigma: np.ndarray) -> dict[str, Any]:
    ranks = landmarks.ranks(log_sigma)
    first = np.argsort(-log_sigma[0], kind="stable")
    rows = [
        {"concept": concepts[i], "rank": float(ranks[0, i])}
        | dict(zip(("rank_low", "rank_high"), bootstrap.interval(ranks[1:, i]), strict=True))
        for i in first
    ]
    before = landmarks.precedence(log_sigma[1:])[np.ix_(first, first)]
    return {"classifier": classifier, "signal": signal, "concepts": rows, "before": before.tolist()}


def _tau(placed: Mapping, first: str, second: str, signal: str) -> dict[str, Any]:
    (names, a), (others, b) = placed[first, signal], placed[second, signal]
    common = [name for name in names if name in others]
    if len(common) < 2:
        return {"concepts": len(common), "tau_b": float("nan"), "low": float("nan"), "high": float("nan")}
    tau = landmarks.kendall_tau_b(a[:, [names.index(n) for n in common]], b[:, [others.index(n) for n in common]])
    low, high = bootstrap.interval(tau[1:])
    return {"concepts": len(common), "tau_b": float(tau[0]), "low": low, "high": high}
