"""The four answers that a curve can give, and the rule that gives them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

NOT_EMERGED = "not emerged"
UNRESOLVED = "present, start unresolved"
FROM_THE_START = "there from the start"
EMERGED = "emerged"

ALPHA = 0.05


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


def earliness(answers: Mapping[str, str], sigma: Mapping[str, float], last_sigma: float) -> tuple[float, float]:
    """How early a concept is there, larger is earlier, by its ``answers`` and the sigma of its half-excess, both by probe.

    The mean of the log sigma, and among equals the share of probes that have it there from the start. What is unresolved comes
    after all that is, and what did not emerge after that.
    """
    late = {UNRESOLVED: np.log(last_sigma) - 0.5, NOT_EMERGED: np.log(last_sigma) - 1}
    times = [late[found] if found in late else np.log(sigma[probe]) for probe, found in answers.items()]
    return float(np.mean(times)), float(np.mean([found == FROM_THE_START for found in answers.values()]))
