"""What a curve did: the one place that says whether and how a concept emerged."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.statistics import landmarks, nulls

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
