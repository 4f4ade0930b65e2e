"""When the same concepts emerge in several runs, or for several embedders: differences, answers that change, concordance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core import parquet, results
from musicologist.core.errors import UserError
from musicologist.emergence import curve
from musicologist.emergence.tables import LANDMARKS
from musicologist.statistics import bootstrap, landmarks, random_effects
from musicologist.statistics.outcomes import EMERGED, FROM_THE_START

Key = tuple[str, str, str]
"""Concept, classifier and signal of a curve."""
PRESENT = (FROM_THE_START, EMERGED)
_SIGMAS = ("half_excess_sigma", "half_excess_sigma_low", "half_excess_sigma_high")


COLUMNS = (
    *("concept", "classifier", "signal", "first", "second"),
    *(f"{side}_{name}" for side in ("first", "second") for name in ("answer", "censored", *_SIGMAS)),
    *("changed", "shift", "shift_low", "shift_high"),
)
"""Of ``rows``."""


@dataclass(frozen=True)
class Side:
    """What one run, or one embedder of a run, found: by curve its last row of atlas.csv and its half-excesses.

    ``times`` are log sigma (1 + resamples,), first as measured. ``prompts`` are the texts by prompt id, for curves of the same
    prompts have resamples that belong together; None where it is not known which they are.
    """

    name: str
    rows: Mapping[Key, Mapping[str, Any]]
    times: Mapping[Key, np.ndarray]
    prompts: Mapping[int, str] | None


def read(name: str, folder: str | Path, prompts: Mapping[int, str] | None) -> Side:
    """The side whose atlas.csv and concepts/CONCEPT/landmarks.parquet stand in ``folder``.

    Signals that are controls (``deformed``, ``renoised``) are left out. Raises UserError for missing and broken files.
    """
    rows = {
        (str(row["concept"]), str(row["classifier"]), str(row["signal"])): row  # levels stand in order: the last stays
        for row in results.read(Path(folder) / "atlas.csv")
        if row["signal"] not in ("deformed", "renoised")
    }
    times: dict[Key, np.ndarray] = {}
    for concept in dict.fromkeys(key[0] for key in rows):
        table = parquet.read(Path(folder) / "concepts" / concept / "landmarks.parquet", LANDMARKS)
        times |= {(concept, *place): values for place, values in curve.half_excesses(table).items()}
    if lacking := [key for key in rows if key not in times]:
        raise UserError(
            f"{folder} has no landmarks of {' '.join(lacking[0])}: expected one for each curve of its atlas.csv; run it to "
            "its end first."
        )
    return Side(name, rows, times, prompts)


def paired(first: Side, second: Side) -> bool:
    """Whether both have the same prompts and as many resamples, so that these belong together."""
    sizes = {len(values) for side in (first, second) for values in side.times.values()}
    return first.prompts is not None and first.prompts == second.prompts and len(sizes) == 1


def differences(first: Side, second: Side) -> dict[Key, np.ndarray]:
    """By curve that both have: log sigma of ``second`` less that of ``first`` (1 + resamples,), above 0 where it is earlier.

    NaN as measured where one of the two is not present, its start is unresolved, or it is there at the first kept level: then
    it may have come at any noise above. Resamples of runs that do not belong together are differences of independent draws.
    """
    found = {}
    for key in first.rows:
        if key in second.rows:
            mine, theirs = first.times[key], second.times[key]
            size = min(len(mine), len(theirs))
            with np.errstate(invalid="ignore"):
                found[key] = theirs[:size] - mine[:size]
            if not all(_seen(side.rows[key]) for side in (first, second)):
                found[key][0] = np.nan
    return found


def _seen(row: Mapping[str, Any]) -> bool:
    """Whether it was seen when the concept came up."""
    return row["answer"] in PRESENT and not row["half_excess_censored"]


def rows(sides: Sequence[Side]) -> Iterator[dict[str, Any]]:
    """A row for each curve that the first side and another have: answers, half-excesses, and their difference in log sigma.

    ``shift`` has a 95 % interval over prompts; NaN as in ``differences``. ``changed`` says that the answers differ.
    """
    first = sides[0]
    for second in sides[1:]:
        for key, values in differences(first, second).items():
            mine, theirs = first.rows[key], second.rows[key]
            known = np.isfinite(values[0])
            low, high = bootstrap.interval(values[1:]) if known else (float("nan"), float("nan"))
            row: dict[str, Any] = dict(zip(("concept", "classifier", "signal"), key, strict=True))
            row |= {"first": first.name, "second": second.name}
            for side, of in (("first", mine), ("second", theirs)):
                row |= {f"{side}_answer": of["answer"], f"{side}_censored": int(of["half_excess_censored"])}
                row |= {f"{side}_{name}": of[name] for name in _SIGMAS}
            row |= {"changed": int(mine["answer"] != theirs["answer"])}
            yield row | {"shift": float(values[0]), "shift_low": low, "shift_high": high}


def summaries(sides: Sequence[Side]) -> list[dict[str, Any]]:
    """For each other side, classifier and signal: mean shift over concepts and its spread, answers, concordance of the orders.

    ``reliability`` of a side is the mean tau-b of two resamples of its own order: what two runs would reach that differ in
    nothing but their prompts.
    """
    first, found = sides[0], []
    for second in sides[1:]:
        shifts = differences(first, second)
        for kind in dict.fromkeys(key[1:] for key in shifts):
            keys = [key for key in shifts if key[1:] == kind]
            prompts = min(int(first.rows[key][f"n_{side}_prompts"]) for key in keys for side in ("pos", "neg"))
            mean = random_effects.mean(np.stack([shifts[key] for key in keys], axis=1), prompts)
            changed = [key[0] for key in keys if first.rows[key]["answer"] != second.rows[key]["answer"]]
            entry: dict[str, Any] = {
                "first": first.name,
                "second": second.name,
                "classifier": kind[0],
                "signal": kind[1],
            }
            entry |= {"concepts": len(keys), "changed": changed, "same_prompts": paired(first, second)}
            entry |= {"shift": {"value": mean.value, "low": mean.low, "high": mean.high, "spread": mean.spread}}
            entry["shift"]["concepts"] = mean.count
            found.append(entry | {"concordance": _concordance(first, second, keys)})
    return found


def _concordance(first: Side, second: Side, keys: Sequence[Key]) -> dict[str, Any]:
    """Kendall's tau-b of the two orders, over concepts that emerged or were there from the start in both; their reliability."""
    common = [key for key in keys if all(side.rows[key]["answer"] in PRESENT for side in (first, second))]
    nothing = {"tau_b": float("nan"), "low": float("nan"), "high": float("nan"), "reliability": {}}
    if len(common) < 2:
        return {"concepts": len(common), **nothing}
    size = min(len(side.times[key]) for side in (first, second) for key in common)
    one, two = (np.stack([side.times[key][:size] for key in common], axis=1) for side in (first, second))
    tau = landmarks.kendall_tau_b(one, two)
    low, high = bootstrap.interval(tau[1:])
    reliability = {
        side.name: _mean(landmarks.kendall_tau_b(times[1:-1], times[2:]))
        for side, times in ((first, one), (second, two))
    }
    return {"concepts": len(common), "tau_b": float(tau[0]), "low": low, "high": high, "reliability": reliability}


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def sentence(summary: Mapping[str, Any]) -> str:
    """What a summary says, for people: by how much later or earlier, how many answers change, how alike the orders are."""
    shift, order = summary["shift"], summary["concordance"]
    names = f"{summary['second']} beside {summary['first']} ({summary['signal']}, {summary['classifier']})"
    if np.isfinite(shift["value"]):
        apart = shift["low"] > 0 or shift["high"] < 0
        how = f"at {'higher' if shift['value'] > 0 else 'lower'} noise" if apart else "no earlier or later for certain"
        ends = " to ".join(f"{np.exp(shift[end]):.2f}" for end in ("low", "high"))
        when = (
            f"concepts come up {how}: sigma times {np.exp(shift['value']):.2f} [{ends}], over {shift['concepts']} concepts "
            f"that were seen coming up in both, spread a factor of {np.exp(shift['spread']):.2f}"
        )
    else:
        when = "too few concepts were seen coming up in both to say when"
    count = len(summary["changed"])
    which = (
        f" ({', '.join(name.removeprefix('is_').replace('_', ' ') for name in summary['changed'])})" if count else ""
    )
    alike = ""
    if np.isfinite(order["tau_b"]):
        own = ", ".join(f"{name} {value:.2f}" for name, value in order["reliability"].items())
        alike = (
            f"; tau-b of the orders {order['tau_b']:.2f} [{order['low']:.2f}, {order['high']:.2f}], where two draws of prompts "
            f"of the same have {own}"
        )
    return f"{names}: {when}; {count} of {summary['concepts']} answers change{which}{alike}."
