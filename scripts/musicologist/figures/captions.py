"""What stands below one concept's curves, in words: counts, doubts, what the probes learnt from, baselines and marks."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from musicologist.figures.styles import Style

Rows = Sequence[Mapping[str, Any]]

_BASELINES = {"in_domain": "in-domain probe", "zero_shot": "CLAP's text probe", "handcrafted": "probe of cepstra"}


def emergence(
    rows: Rows, reports: Mapping[str, Any], controls: Rows, styles: Mapping[str, Style], panels: Collection[str]
) -> list[str]:
    """The parts of the caption below a concept's curves: the arguments are the figure's, ``panels`` its kinds of panel."""
    marks = _MARKS if "halves" in panels else _OF_BARS if "bars" in panels else ""
    beside = _CONTROLS.format(next(iter(styles.values())).label) if "controls" in panels else ""
    return [doubted(rows), counts(rows[0]), *learnt(reports), *_baselines(controls), " ".join([_BARS + marks, beside])]


_BARS = "Bars: 95 % intervals over prompts; dotted: what guessing reaches."
_MARKS = (
    " Grey: what curves with the prompts' labels shuffled stay below in 95 of 100 cases, at all levels together; filled marks "
    "are above it (p ≤ 0.05, this concept alone), a dashed curve nowhere. Half there: diamonds, the level at which half of the "
    "final excess over .5 has come, with its interval; triangles, that is so at the first level already."
)
_OF_BARS = (
    " The line on a bar: what shuffled labels stay below in 95 of 100 cases; filled bars are above it. Grey bars: the first "
    "probe's controls."
)
_CONTROLS = "Controls: those of {}, whose curve is drawn again; the other probes' stand in controls.parquet."


def counts(row: Mapping[str, Any]) -> str:
    """How many prompts and clips there are on each side."""
    prompts = f"{row['n_pos_prompts']} prompts with and {row['n_neg_prompts']} without the concept"
    return f"{prompts}; {row['n_pos']} and {row['n_neg']} clips."


def doubted(rows: Rows) -> str:
    """The sentences of the warnings about this concept's probes, with their names where not all share them."""
    said: dict[str, list[str]] = {}
    for classifier, warning in dict.fromkeys((row["classifier"], row.get("warning", "")) for row in rows):
        for one in (one for one in warning.split(" | ") if one):
            said.setdefault(one, []).append(classifier)
    every = len({row["classifier"] for row in rows})
    return " ".join(f"In doubt{'' if len(who) == every else f' ({who[0]})'}, {one}." for one, who in said.items())


def learnt(reports: Mapping[str, Any]) -> list[str]:
    """What the probes learnt from, and how they do on notes of held-out instruments; nothing without probes."""
    if not reports:
        return []
    first = next(iter(reports.values()))
    learnt, checked = (
        f"{part['n_pos']} notes of {part['instruments_pos']} instruments with and {part['n_neg']} of "
        f"{part['instruments_neg']} without"
        for part in (first["train"], first["held_out"])
    )
    areas = (f"{name} {held_out_area(report['held_out'])}" for name, report in reports.items())
    return [f"Probes learnt from {learnt}; ROC-AUC on {checked}, held out: {', '.join(areas)}."]


def held_out_area(report: Mapping[str, Any]) -> str:
    """ROC-AUC on held-out notes with its interval, where there is one."""
    low, high = report["roc_auc_low"], report["roc_auc_high"]
    return f"{report['roc_auc']:.2f}" + (f" [{low:.2f}, {high:.2f}]" if low is not None else " (no interval)")


def _baselines(controls: Rows) -> list[str]:
    """What the baselines reach on the finished clips, in a sentence; none without baselines."""
    signal = "denoised" if any(row["signal"] == "denoised" for row in controls) else "noisy"
    rows = sorted((row for row in controls if row["signal"] == signal), key=lambda row: row["step"])
    last = {row["control"]: row["roc_auc"] for row in rows}
    parts = [f"{name} {last[control]:.2f}" for control, name in _BASELINES.items() if control in last]
    return [f"ROC-AUC on the finished clips: {', '.join(parts)}."] if parts else []
