"""What a reader must know before believing a concept's numbers: too few prompts, notes or instruments, a probe at chance."""

from collections.abc import Iterable, Mapping
from typing import Any

FEWEST_NOTES = 20
FEWEST_INSTRUMENTS = 5
FEWEST_PROMPTS = 5
"""On each side; with fewer a concept is hatched in figures, and the words say so."""

AT_CHANCE = 0.6
"""ROC-AUC on held-out notes below which a probe may be at chance where it has no interval."""

BETWEEN = " | "
"""Between several warnings in a table; each is a few words, a colon, and a sentence."""


def warning(prompts: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """The warnings about one concept and probe as a table has them, empty where there is none.

    ``prompts`` has ``n_pos_prompts`` and ``n_neg_prompts``, ``report`` is the probe's own (CLASSIFIER.json).
    """
    found = [_prompts(prompts), *_learnt(report["train"]), _held_out(report["held_out"])]
    return BETWEEN.join(one for one in found if one)


def warned(rows: Iterable[Mapping[str, Any]], reports: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one concept's emergence.csv with their ``warning``, by the probes' reports by classifier."""
    return [{**row, "warning": warning(row, reports[row["classifier"]])} for row in rows]


def _prompts(counts: Mapping[str, Any]) -> str:
    asking, other = counts["n_pos_prompts"], counts["n_neg_prompts"]
    if min(asking, other) >= FEWEST_PROMPTS:
        return ""
    return f"few prompts: only {asking} ask for it and {other} do not, so its ROC-AUC has no interval"


def _learnt(train: Mapping[str, int]) -> list[str]:
    sides = {"notes": ("n_pos", "n_neg"), "instruments": ("instruments_pos", "instruments_neg")}
    fewest = {"notes": FEWEST_NOTES, "instruments": FEWEST_INSTRUMENTS}
    return [
        f"few {what}: the probe learnt from {train[with_it]} {what} with it and {train[without]} without"
        for what, (with_it, without) in sides.items()
        if min(train[with_it], train[without]) < fewest[what]
    ]


def _held_out(held_out: Mapping[str, Any]) -> str:
    area, low, high = (held_out[f"roc_auc{end}"] for end in ("", "_low", "_high"))
    if low is None:
        few = f"{held_out['instruments_pos']} and {held_out['instruments_neg']} instruments, too few for an interval"
        said = f"probe at chance: on held-out notes of {few}, its ROC-AUC is {area:.2f}"
        return said if area < AT_CHANCE else ""
    if low > 0.5:
        return ""
    return f"probe at chance: on notes of held-out instruments its ROC-AUC is {area:.2f} [{low:.2f}, {high:.2f}]"
