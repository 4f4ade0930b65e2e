"""One concept's curves over the kept levels, what they are drawn against, and the controls beside them."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from musicologist.core import noise_levels
from musicologist.figures import canvas
from musicologist.figures.axes import noise_axis
from musicologist.figures.canvas import METRIC_NAMES, SIGNAL_NAMES
from musicologist.figures.styles import Style, of_classifiers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

Rows = Sequence[Mapping[str, Any]]

_RANKED = "roc_auc"
"""The only metric that has nulls and a partialled curve."""

_CONTROL_STYLES: dict[str, dict[str, Any]] = {
    "renoised": {"linestyle": "-", "linewidth": 0.9, "marker": "+", "ms": 6, "alpha": 0.9},
    "deformed": {"linestyle": "-", "linewidth": 0.8, "marker": "x", "ms": 4, "alpha": 0.7},
    "partialled": {"linestyle": (0, (1, 1.5)), "linewidth": 1.3},
}
_CONTROL_NAMES = {
    "renoised": "null of the noisy state: finished latents noised again",
    "deformed": "control: finished clips under noise",
    "partialled": "control: loudness and spectrum partialled out",
}
_BASELINES = {"in_domain": "in-domain probe", "zero_shot": "CLAP's text probe", "handcrafted": "probe of cepstra"}


class Measured(Protocol):
    """A curve that was measured: a row for each level, and what holds for all of it."""

    @property
    def rows(self) -> Rows:
        """As emergence.csv has them, but for concept, classifier and signal."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """As an entry of ``curves`` in emergence.json, but for classifier and signal."""


def draw(curve: Measured, concept: str, probe: str = "probe", note: str = "", metric: str = _RANKED) -> "Figure":
    """The figure of one curve of one's own: ``concept`` stands in its title, ``probe`` in its legend, ``note`` below."""
    names: dict[str, Any] = {"concept": concept, "classifier": probe, "signal": ""}
    rows = [names | dict(row) for row in curve.rows]
    return emergence(rows, {"curves": [names | dict(curve.summary)]}, {}, [], metric, note)


def emergence(
    rows: Rows,
    summary: Mapping[str, Any],
    reports: Mapping[str, Any],
    controls: Rows,
    metric: str,
    note: str,
    styles: Mapping[str, Style] | None = None,
) -> "Figure":
    """Curves of one concept over the kept levels, a panel for each signal, a band for each 95 % interval.

    ``rows`` are those of emergence.csv, with the ``warning`` that there is about their probe, if any; ``summary`` is
    emergence.json, ``reports`` the probes' own by classifier, ``controls`` rows of controls.parquet (either may be empty),
    ``styles`` the classifiers' by name. A concept that is in doubt is hatched, and the words say why.
    """
    styles = styles or of_classifiers(dict.fromkeys(row["classifier"] for row in rows))
    signals, doubts = _signals(rows), canvas.doubts(rows)
    figure = canvas.new_figure(4.4 * len(signals) + 0.4 if len(signals) > 1 else 6.4, 5.2)
    axes = figure.subplots(1, len(signals), sharey=True, squeeze=False)[0]
    for axis, signal in zip(axes, signals, strict=True):
        mine = [row for row in rows if row["signal"] == signal]
        lines = {
            name: _curve(axis, [r for r in mine if r["classifier"] == name], styles[name], metric) for name in styles
        }
        if metric == _RANKED:
            _nulls(axis, mine, lines)
            _half_excesses(axis, mine, [curve for curve in summary["curves"] if curve["signal"] == signal], lines)
        if doubts:
            canvas.hatch(axis, 0, 0, 1, 1, transform=axis.transAxes, edgecolor="0.8", zorder=0.5)
        _controls(axis, rows, controls, signal, metric, styles)
        axis.set_title(SIGNAL_NAMES.get(signal, signal), fontsize=10)
        axis.axhline(_chance(rows, metric), color="0.45", linestyle=":", linewidth=1)
        noise_axis(axis, mine)
    axes[0].set_ylabel(f"{METRIC_NAMES[metric]} of prompts (95 % interval)")
    axes[0].set_ylim(*_limits(rows, metric))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    title = f"When does “{canvas.title_of(rows[0]['concept'])}” emerge?" + (f"\nIn doubt: {doubts}" if doubts else "")
    figure.suptitle(title, fontsize=12, x=0.02, ha="left")
    caption = [_doubted(rows), _counts(rows[0]), *_notes(reports), *_baselines(controls), *_marks(metric)]
    below = [line for part in caption if part for line in textwrap.wrap(part, int(18.5 * figure.get_size_inches()[0]))]
    figure.supxlabel("\n".join([*below, *textwrap.wrap(note, 120)]), fontsize=7, color="0.3")
    return figure


def _signals(rows: Rows) -> list[str]:
    """The signals that have a panel, in their order; controls are drawn within the others'."""
    found = dict.fromkeys(row["signal"] for row in rows if row["signal"] not in _CONTROL_NAMES)
    return [*(signal for signal in SIGNAL_NAMES if signal in found), *(s for s in found if s not in SIGNAL_NAMES)]


def _curve(axis: "Axes", rows: Rows, style: Style, metric: str) -> "Line2D":
    """A curve with its band: dashed where it does not beat its null anywhere; levels that do not are hollow."""
    levels = [row["log_snr_db"] for row in rows]
    look: dict[str, Any] = {"color": style.colour, "label": style.label, "marker": style.mark, "ms": 4}
    if metric == _RANKED:
        beaten = [row["p_level"] <= 0.05 for row in rows]
        look |= {"linestyle": "-" if any(beaten) else "--", "fillstyle": "full" if all(beaten) else "none"}
    (line,) = axis.plot(levels, [row[metric] for row in rows], **look)
    low, high = ([row[f"{metric}_{end}"] for row in rows] for end in ("low", "high"))
    axis.fill_between(levels, low, high, color=style.colour, alpha=0.16, linewidth=0)
    return line


def _nulls(axis: "Axes", rows: Rows, lines: Mapping[str, "Line2D"]) -> None:
    """Draw the nulls of one signal behind its curves, and fill the levels that beat theirs.

    ``rows`` are the signal's; random concepts are drawn where they were measured.
    """
    curves = {name: [row for row in rows if row["classifier"] == name] for name in lines}
    first = next(iter(curves.values()))
    levels = [row["log_snr_db"] for row in first]
    if "random_low" in first[0]:
        low, high = ([row[end] for row in first] for end in ("random_low", "random_high"))
        axis.fill_between(levels, low, high, color="0.86", linewidth=0, zorder=0, label="random concepts, 95 %")
    critical = np.max([[row["critical_auc"] for row in curve] for curve in curves.values()], axis=0)
    axis.plot(levels, critical, color="0.45", linewidth=1, linestyle="-.", label="permuted labels, 5 %", zorder=1)
    for name, line in lines.items():
        beaten = [row for row in curves[name] if row["p_level"] <= 0.05]
        mark: dict[str, Any] = {"color": line.get_color(), "marker": line.get_marker(), "ms": line.get_markersize()}
        axis.plot([row["log_snr_db"] for row in beaten], [row[_RANKED] for row in beaten], linestyle="", **mark)


def _half_excesses(axis: "Axes", rows: Rows, curves: Rows, lines: Mapping[str, "Line2D"]) -> None:
    """Low in the panel, for each curve that beats its null: a diamond with a bar at its half-excess and its interval.

    A triangle where it is censored. ``rows`` are the panel's, ``curves`` what holds for its whole curves.
    """
    place, last = axis.get_xaxis_transform(), min(row["sigma"] for row in rows)
    for number, (name, line) in enumerate(lines.items()):
        for curve in (curve for curve in curves if curve["classifier"] == name):
            half, height, colour = curve["half_excess"], 0.03 + 0.03 * number, line.get_color()
            if half["value"] is None or not np.isfinite(half["value"]) or curve["p"] is None or not curve["p"] <= 0.05:
                continue
            sigma = [half[part] for part in ("value", "high", "low")]
            value, low, high = (noise_levels.log_snr_db(max(one or 0.0, last)) for one in sigma)
            axis.plot([low, high], [height] * 2, color=colour, linewidth=1.5, transform=place, solid_capstyle="butt")
            mark = "<" if half["censored"] else "D"
            axis.plot([value], [height], color=colour, marker=mark, ms=4.5, transform=place, linestyle="")


def _controls(axis: "Axes", rows: Rows, controls: Rows, signal: str, metric: str, styles: Mapping[str, Style]) -> None:
    """Draw the controls that belong to ``signal``, in the colours of their probes: renoised clips beside the noisy state."""
    curves = {kind: [row for row in rows if row["signal"] == kind] for kind in _CONTROL_NAMES}
    if signal != "noisy":
        curves["renoised"] = []
    if metric == _RANKED:
        curves["partialled"] = [row for row in controls if (row["control"], row["signal"]) == ("partialled", signal)]
    for kind, found in curves.items():
        for number, classifier in enumerate(dict.fromkeys(row["classifier"] for row in found)):
            mine = [row for row in found if row["classifier"] == classifier]
            axis.plot(
                [row["log_snr_db"] for row in mine],
                [row[metric] for row in mine],
                color=styles[classifier].colour,
                label=None if number else _CONTROL_NAMES[kind],
                **_CONTROL_STYLES[kind],
            )


def _limits(rows: Rows, metric: str) -> tuple[float, float]:
    lows = [row[f"{metric}_low"] for row in rows if np.isfinite(row[f"{metric}_low"])]
    return min(0.35, *lows, 1.0) - 0.02, 1.02


def _chance(rows: Rows, metric: str) -> float:
    """What guessing reaches: a half, or the majority's or the positives' share."""
    share = rows[0]["n_pos"] / max(1, rows[0]["n_pos"] + rows[0]["n_neg"])
    return {"average_precision": share, "accuracy": max(share, 1 - share)}.get(metric, 0.5)


def _counts(row: Mapping[str, Any]) -> str:
    prompts = f"{row['n_pos_prompts']} prompts with and {row['n_neg_prompts']} without the concept"
    return f"{prompts}; {row['n_pos']} and {row['n_neg']} clips. Grey dots: chance."


def _doubted(rows: Rows) -> str:
    """The sentences of the warnings about this concept's probes, with their names where not all share them."""
    said: dict[str, list[str]] = {}
    for classifier, warning in dict.fromkeys((row["classifier"], row.get("warning", "")) for row in rows):
        for one in (one for one in warning.split(" | ") if one):
            said.setdefault(one, []).append(classifier)
    every = len({row["classifier"] for row in rows})
    return " ".join(f"In doubt{'' if len(who) == every else f' ({who[0]})'}, {one}." for one, who in said.items())


def _notes(reports: Mapping[str, Any]) -> list[str]:
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


def _marks(metric: str) -> list[str]:
    """What the marks mean."""
    if metric != _RANKED:
        return []
    return [
        "Filled: above permuted labels (max-T over levels, p ≤ 0.05, this concept alone); dashed: nowhere above them. "
        "Diamonds: half of the final excess over .5, 95 %; triangles: there at the first level already."
    ]
