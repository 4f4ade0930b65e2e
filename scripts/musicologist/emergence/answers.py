"""What curves did: the one place that says whether and how a concept emerged, and in which order concepts did."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.statistics import bootstrap, landmarks, nulls

if TYPE_CHECKING:
    from musicologist.emergence.curve import Curve

NOT_EMERGED = "not emerged"
FROM_THE_START = "there from the start"
EMERGED = "emerged"


def answer(p: float, first: float, log_sigma: np.ndarray, alpha: float = 0.05) -> str:
    """What a curve with this p (or q) and this onset did: one of the three answers."""
    if not p <= alpha or not np.isfinite(first):
        return NOT_EMERGED
    return FROM_THE_START if first >= log_sigma[0] else EMERGED


def of(curve: "Curve") -> str:
    """The answer of one measured curve by itself; of many concepts', ``conclude`` corrects p for their number first."""
    return answer(curve.summary["p"], curve.landmarks.onset[0], np.log([curve.summary["highest_sigma"]]))


Key = tuple[str, str, str]  # concept, classifier, signal


def conclude(curves: Mapping[Key, Mapping[str, Any]]) -> dict[Key, dict[str, Any]]:
    """For each curve its answer and what it rests on: q over the concepts of the same classifier and signal, and landmarks.

    ``curves`` are the entries of ``curves`` in the concepts' emergence.json. ``beats_random`` says whether a linear probe of
    the concept ranks the clips better than random concepts' do (p at most 0.05, not corrected over concepts). Landmarks of a
    curve that did not emerge are NaN: what does not beat its null comes up nowhere.
    """
    found: dict[Key, dict[str, Any]] = {}
    for classifier, signal in sorted({key[1:] for key in curves}):
        mine = [key for key in curves if key[1:] == (classifier, signal)]
        q = nulls.benjamini_hochberg(np.array([_number(curves[key]["p"]) for key in mine]))
        for key, corrected in zip(mine, q, strict=True):
            found[key] = _conclusion(curves[key], float(corrected))
    return found


def _conclusion(curve: Mapping[str, Any], q: float) -> dict[str, Any]:
    onset, highest = _number(curve["onset"]["value"]), curve["highest_sigma"]
    found = answer(q, np.log(onset), np.log([highest]))
    row = {
        "p": _number(curve["p"]),
        "q": q,
        "p_random": _number(curve["p_random"]),
        "beats_random": int(_number(curve["p_random"]) <= 0.05),
        "answer": found,
    }
    for name in landmarks.LANDMARKS:
        for part, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
            known = found != NOT_EMERGED
            row[f"{name}_sigma{suffix}"] = _number(curve[name][part]) if known else float("nan")
    return row


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


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
            if key[1:] != (classifier, signal) or conclusion["answer"] == NOT_EMERGED:
                continue
            flat = np.isnan(conclusion["half_rise_sigma"])
            if flat and conclusion["answer"] == EMERGED:
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
