"""What curves did: the one place that says whether and how a concept emerged, and in which order concepts did.

Atlas, order, cards and the listening page all read what ``conclude`` found."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.statistics import bootstrap, landmarks, nulls
from musicologist.statistics.outcomes import EMERGED, FROM_THE_START, NOT_EMERGED, UNRESOLVED

if TYPE_CHECKING:
    from musicologist.emergence.curve import Curve

ALPHA = 0.05


def of(curve: "Curve") -> str:
    """The answer of one measured curve by itself; of many concepts', ``conclude`` corrects p for their number first."""
    return answer(curve.summary, curve.summary["p"])


def answer(summary: Mapping[str, Any], p: float) -> str:
    """What a curve did, of its ``summary`` (that of ``emergence.curve.Curve``) and its p, or its q over concepts.

    * ``not emerged``: it does not beat its null, or not at the last level;
    * ``there from the start``: it beats its null at the first level, and has half of its final excess over chance there;
    * ``emerged``: it has half of its excess later, and the interval of its rise lies above zero;
    * ``present, start unresolved``: it is there in the end, and the data do not say which of the two.
    """
    at_first, at_last = (number(summary[name]) <= ALPHA for name in ("p_first", "p_last"))
    if not (p <= ALPHA and at_last):
        return NOT_EMERGED
    if summary["half_excess"]["censored"]:
        return FROM_THE_START if at_first else UNRESOLVED
    return EMERGED if number(summary["rise"]["low"]) > 0 else UNRESOLVED


def number(value: float | None) -> float:
    """A number of a JSON file, in which None stands for NaN."""
    return float("nan") if value is None else float(value)


Key = tuple[str, ...]
"""Concept, classifier and signal of a curve; of a control's curve also the control."""


def conclude(curves: Mapping[Key, Mapping[str, Any]]) -> dict[Key, dict[str, Any]]:
    """For each curve its answer and what it rests on: q over the concepts of the same kind of curve, and landmarks.

    ``curves`` are the entries of ``curves`` in the concepts' emergence.json. Random concepts are those of a linear probe of the
    concept, the same whatever the classifier: ``beats_random`` says whether it ranks the clips better than theirs do, q over
    concepts at most 0.05. ``monotone`` is 0 where a curve falls on its way by more than its error, q at most 0.05. Landmarks of
    a curve that did not emerge are NaN: what does not beat its null comes up nowhere.
    """
    found: dict[Key, dict[str, Any]] = {}
    for kind in sorted({key[1:] for key in curves}):
        mine = {key: curve for key, curve in curves.items() if key[1:] == kind}
        q = {name: _corrected(mine, name) for name in ("p", "p_random", "p_monotone")}
        for key, curve in mine.items():
            found[key] = _conclusion(curve, *(q[name][key] for name in q))
    return found


def _corrected(curves: Mapping[Key, Mapping[str, Any]], name: str) -> dict[Key, float]:
    """q over the concepts of the p of this name; NaN where a curve has none."""
    p = np.array([number(curve.get(name)) for curve in curves.values()])
    return dict(zip(curves, map(float, nulls.benjamini_hochberg(p)), strict=True))


def _conclusion(curve: Mapping[str, Any], q: float, q_random: float, q_monotone: float) -> dict[str, Any]:
    found = answer(curve, q)
    row = {
        "p": number(curve["p"]),
        "q": q,
        "p_random": number(curve.get("p_random")),
        "q_random": q_random,
        "beats_random": int(q_random <= ALPHA),
        "answer": found,
        "monotone": int(not q_monotone <= ALPHA),
        "half_excess_censored": int(found != NOT_EMERGED and curve["half_excess"]["censored"]),
    }
    for name in landmarks.LANDMARKS:
        for part, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
            known = found != NOT_EMERGED
            row[f"{name}_sigma{suffix}"] = number(curve[name][part]) if known else float("nan")
    return row


def curves(summaries: Iterable[Mapping[str, Any]]) -> dict[Key, Mapping[str, Any]]:
    """The ``curves`` of the concepts' emergence.json, or controls.json, by key."""
    return {
        (summary["concept"], *(curve[name] for name in ("classifier", "signal", "control") if name in curve)): curve
        for summary in summaries
        for curve in summary["curves"]
    }


def ranked(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """By signal the concepts by when they are there, then by ROC-AUC at its last level; what did not emerge comes last.

    ``rows`` are those of atlas.csv: figures show concepts in this order. With one level alone it is by ROC-AUC.
    """
    curves: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}
    for row in sorted(rows, key=lambda row: row["step"]):
        curves.setdefault(row["signal"], {}).setdefault(row["concept"], {})[row["classifier"]] = row
    place = _place if len({row["step"] for row in rows}) > 1 else _mean_area
    return {signal: sorted(mine, key=lambda name: place(mine[name]), reverse=True) for signal, mine in curves.items()}


def _place(ends: Mapping[str, Mapping[str, Any]]) -> tuple[float, float, float]:
    """Where a concept comes, larger is earlier; ``ends`` are the last rows of its curves by classifier."""
    answers = {classifier: row["answer"] for classifier, row in ends.items()}
    sigma = {classifier: row["half_excess_sigma"] for classifier, row in ends.items()}
    last = next(iter(ends.values()))["sigma"]
    return *_earliness(answers, sigma, last), _mean_area(ends)


def _mean_area(ends: Mapping[str, Mapping[str, Any]]) -> float:
    areas = [row["roc_auc"] for row in ends.values() if np.isfinite(row["roc_auc"])]
    return float(np.mean(areas)) if areas else -1.0


def _earliness(answers: Mapping[str, str], sigma: Mapping[str, float], last_sigma: float) -> tuple[float, float]:
    """How early a concept is there, larger is earlier, by its ``answers`` and the sigma of its half-excess, both by probe.

    The mean of the log sigma, and among equals the share of probes that have it there from the start. What is unresolved comes
    after all that is, and what did not emerge after that.
    """
    late = {UNRESOLVED: np.log(last_sigma) - 0.5, NOT_EMERGED: np.log(last_sigma) - 1}
    times = [late[found] if found in late else np.log(sigma[probe]) for probe, found in answers.items()]
    return float(np.mean(times)), float(np.mean([found == FROM_THE_START for found in answers.values()]))


def of_controls(curves: Mapping[Key, Mapping[str, Any]]) -> dict[Key, dict[str, str]]:
    """By (concept, classifier, signal) the answer of its curve under each control; q is over the concepts of each by itself.

    ``curves`` are those of the concepts' controls.json, the control the last part of their key.
    """
    found: dict[Key, dict[str, str]] = {}
    for (*key, control), conclusion in conclude(curves).items():
        found.setdefault(tuple(key), {})[control] = conclusion["answer"]
    return found


def times(
    half_excesses: Mapping[Key, np.ndarray], concluded: Mapping[Key, Mapping[str, Any]]
) -> dict[tuple[str, str], tuple[list[str], np.ndarray]]:
    """By (classifier, signal): the concepts that have a place in an order, and when: log sigma (1 + resamples, concepts).

    When is where half of the excess over chance has come, censored at the first level in each resample: what is there from the
    start shares the first place. What did not emerge, or whose start is unresolved, has no place.
    """
    found = {}
    for classifier, signal in sorted({(key[1], key[2]) for key in half_excesses}):
        mine = {
            key[0]: values
            for key, values in half_excesses.items()
            if key[1:] == (classifier, signal) and concluded[key]["answer"] in (FROM_THE_START, EMERGED)
        }
        columns = list(mine.values())
        found[classifier, signal] = (list(mine), np.stack(columns, axis=1) if columns else np.empty((1, 0)))
    return found


def ordering(
    placed: Mapping[tuple[str, str], tuple[Sequence[str], np.ndarray]], concluded: Mapping[Key, Mapping[str, Any]]
) -> dict[str, Any]:
    """Orders by classifier and signal, earliest first, and the agreement of classifiers on each signal.

    Each order has the concepts with what was concluded of them and their ranks with 95 % intervals (concepts of the same time
    share the mean of theirs), those that are present but ``unresolved``, and ``before``: P(row before column).
    """
    orders = [_order(*place, *placed[place], concluded) for place in sorted(placed)]
    agreement = []
    for signal in sorted({signal for _, signal in placed}):
        for first, second in combinations(sorted(c for c, s in placed if s == signal), 2):
            agreement.append({"signal": signal, "first": first, "second": second} | _tau(placed, first, second, signal))
    return {"orders": orders, "agreement": agreement}


IN_ORDER = (
    *("answer", "monotone", "half_excess_sigma", "half_excess_sigma_low", "half_excess_sigma_high"),
    "half_excess_censored",
)
"""What an order says of each concept beside its rank."""


def _order(
    classifier: str,
    signal: str,
    concepts: Sequence[str],
    log_sigma: np.ndarray,
    concluded: Mapping[Key, Mapping[str, Any]],
) -> dict[str, Any]:
    ranks = landmarks.ranks(log_sigma)
    first = np.argsort(-log_sigma[0], kind="stable")
    rows = [
        {"concept": concepts[i], "rank": float(ranks[0, i])}
        | dict(zip(("rank_low", "rank_high"), bootstrap.interval(ranks[1:, i]), strict=True))
        | {name: concluded[concepts[i], classifier, signal][name] for name in IN_ORDER}
        for i in first
    ]
    before = landmarks.precedence(log_sigma[1:])[np.ix_(first, first)]
    unresolved = [
        {"concept": key[0]} | {name: row[name] for name in IN_ORDER}
        for key, row in concluded.items()
        if key[1:] == (classifier, signal) and row["answer"] == UNRESOLVED
    ]
    order = {"classifier": classifier, "signal": signal, "concepts": rows}
    return order | {"unresolved": unresolved, "before": before.tolist()}


def _tau(placed: Mapping, first: str, second: str, signal: str) -> dict[str, Any]:
    (names, a), (others, b) = placed[first, signal], placed[second, signal]
    common = [name for name in names if name in others]
    if len(common) < 2:
        return {"concepts": len(common), "tau_b": float("nan"), "low": float("nan"), "high": float("nan")}
    tau = landmarks.kendall_tau_b(a[:, [names.index(n) for n in common]], b[:, [others.index(n) for n in common]])
    low, high = bootstrap.interval(tau[1:])
    return {"concepts": len(common), "tau_b": float(tau[0]), "low": low, "high": high}
