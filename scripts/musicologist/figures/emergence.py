"""One concept's curves over the kept levels, what they have to beat, where half of each is there, and the controls below."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from musicologist.core import noise_levels
from musicologist.figures import bars, canvas, captions
from musicologist.figures.axes import level_axis, step_axis
from musicologist.figures.canvas import METRIC_NAMES, SIGNAL_NAMES
from musicologist.figures.legends import legend_above
from musicologist.figures.styles import Style, of_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]

_RANKED = "roc_auc"
"""The only metric that has a null, and curves of decisions from which something is taken out."""

_CONTROLS: dict[str, dict[str, Any]] = {
    "deformed": {"label": "control: finished clips under noise", "color": "0.3", "marker": "x", "ms": 4},
    "renoised": {"label": "control: finished latents noised again", "color": "#AA3377", "marker": "+", "ms": 6},
    "partialled": {"label": "control: loudness and spectrum taken out", "color": "#228833", "linestyle": (0, (1, 1.5))},
    "conditional": {"label": "control: other named aspects taken out", "color": "#882255", "linestyle": (0, (4, 1.5))},
}
_OF_DECISIONS = ("partialled", "conditional")
_NARROWEST = 2.1
_CURVES, _HALVES, _CONTROL = 2.5, 0.13, 1.3
"""Inches: the width of a panel at least; the heights of the curves, of a line of the strip below, and of the controls."""


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
    width: float | None = None,
) -> "Figure":
    """Curves of one concept over the kept levels, a panel for each signal, with the controls of the first classifier below.

    ``rows`` are those of emergence.csv, with the ``warning`` that there is about their probe, if any; ``summary`` is
    emergence.json, ``reports`` the probes' own by classifier, ``controls`` rows of controls.parquet (either may be empty),
    ``styles`` the classifiers' by name. A concept that is in doubt is hatched, and the words say why. ``width`` is in inches;
    None is what the panels need on a screen.
    """
    styles = styles or of_rows(rows)
    signals, doubts, first = _signals(rows), canvas.doubts(rows), next(iter(styles))
    width = width or (4.4 * len(signals) + 0.4 if len(signals) > 1 else 6.4)
    across = min(len(signals), max(1, int(width / _NARROWEST)))
    beside = {signal: _controls_of(rows, controls, signal, metric, first) for signal in signals}
    heights, curved = {"curves": _CURVES}, len({row["step"] for row in rows}) > 1
    if metric == _RANKED and curved:
        heights["halves"] = _HALVES * len(styles) + 0.05
    if any(beside.values()) and curved:
        heights["controls"] = _CONTROL
    said = captions.emergence(rows, reports, controls, styles, heights if curved else ["bars"])
    lines = canvas.caption([*said, note], width)
    down = -(-len(signals) // across)
    tall = 0.8 + down * (sum(heights.values()) + 0.1 * len(heights) + 0.9) + canvas.height_of(lines)
    figure = canvas.new_figure(width, tall)
    grid = figure.add_gridspec(1 + down, across, height_ratios=[0.001, *[1] * down])
    legend = figure.add_subplot(grid[0, :])
    for number, signal in enumerate(signals):
        mine = [row for row in rows if row["signal"] == signal]
        cell = grid[1 + number // across, number % across].subgridspec(
            len(heights), 1, height_ratios=[*heights.values()]
        )
        axes = {kind: figure.add_subplot(cell[place]) for place, kind in enumerate(heights)}
        if not curved:
            named = {kind: (_CONTROLS[kind]["label"], found) for kind, found in beside[signal].items()}
            bars.panel(axes["curves"], mine, named, styles, metric, _chance(rows, metric))
            axes["curves"].set_title(SIGNAL_NAMES.get(signal, signal) if len(signals) > 1 else "", fontsize=9.5)
            continue
        _curves(axes["curves"], mine, styles, metric)
        axes["curves"].set_ylim(*_limits(rows, metric))
        if doubts:
            canvas.hatch(axes["curves"], 0, 0, 1, 1, transform=axes["curves"].transAxes, edgecolor="0.8", zorder=0.5)
        if "halves" in axes:
            curves = [curve for curve in summary["curves"] if curve["signal"] == signal]
            _half_excesses(axes["halves"], mine, curves, styles)
        if "controls" in axes:
            _controls(
                axes["controls"],
                [row for row in mine if row["classifier"] == first],
                beside[signal],
                metric,
                styles[first],
            )
            axes["controls"].set_ylim(
                min(_limits(rows, metric)[0], *(row.get("random_low", 1.0) for row in mine)) - 0.02, 1.02
            )
        _label(axes, mine, SIGNAL_NAMES.get(signal, signal), metric, number % across == 0, _chance(rows, metric))
    legend_above(legend, figure)
    concept = canvas.title_of(rows[0]["concept"])
    canvas.explain(figure, f"When does “{concept}” emerge?" if curved else f"Is “{concept}” heard?", lines, doubts)
    return figure


def _signals(rows: Rows) -> list[str]:
    """The signals that have a panel, in their order; controls are drawn below the others."""
    found = dict.fromkeys(row["signal"] for row in rows if row["signal"] not in _CONTROLS)
    return [*(signal for signal in SIGNAL_NAMES if signal in found), *(s for s in found if s not in SIGNAL_NAMES)]


def _controls_of(rows: Rows, controls: Rows, signal: str, metric: str, classifier: str) -> dict[str, Rows]:
    """The curves of the controls of one classifier that belong to ``signal``: renoised clips to the noisy state alone."""
    kinds = [kind for kind in ("deformed", "renoised") if kind == "deformed" or signal == "noisy"]
    found = {kind: [row for row in rows if (row["signal"], row["classifier"]) == (kind, classifier)] for kind in kinds}
    if metric == _RANKED:
        for kind in _OF_DECISIONS:
            mine = (kind, signal, classifier)
            found[kind] = [row for row in controls if (row["control"], row["signal"], row["classifier"]) == mine]
    return {kind: curve for kind, curve in found.items() if curve}


def _curves(axis: "Axes", rows: Rows, styles: Mapping[str, Style], metric: str) -> None:
    """The curves of one signal with a bar at every level for the interval, side by side; behind them what they must beat."""
    span = np.ptp([row["log_snr_db"] for row in rows]) or 1.0
    for number, (classifier, style) in enumerate(styles.items()):
        mine = [row for row in rows if row["classifier"] == classifier]
        levels = np.array([row["log_snr_db"] for row in mine]) + span * 0.009 * (number - (len(styles) - 1) / 2)
        values = np.array([row[metric] for row in mine])
        look: dict[str, Any] = {"color": style.colour, "marker": style.mark, "ms": 4.5}
        beaten = np.array([row["p_level"] <= 0.05 if metric == _RANKED else True for row in mine])
        line: dict[str, Any] = {"linestyle": "-" if beaten.any() else "--", "linewidth": 1.6}
        low, high = ([row[f"{metric}_{end}"] for row in mine] for end in ("low", "high"))
        axis.vlines(levels, low, high, color=style.colour, linewidth=1, alpha=0.75)
        axis.plot(levels, values, label=style.label, fillstyle="full" if beaten.all() else "none", **line, **look)
        if beaten.any() and not beaten.all():
            axis.plot(levels[beaten], values[beaten], linestyle="", **look)
    if metric == _RANKED:
        curves = [[row for row in rows if row["classifier"] == classifier] for classifier in styles]
        critical = np.max([[row["critical_auc"] for row in curve] for curve in curves], axis=0)
        levels = np.array([row["log_snr_db"] for row in curves[0]])
        label = "no better than shuffled labels (5 %)"
        axis.fill_between(levels, 0, critical, color="0.9", linewidth=0, zorder=0, label=label)
        axis.plot(levels, critical, color="0.55", linewidth=0.8, zorder=0.6)


def _half_excesses(axis: "Axes", rows: Rows, curves: Rows, styles: Mapping[str, Style]) -> None:
    """A line for each curve that beats its null: where half of its excess has come, with its interval; a triangle: censored.

    ``rows`` are the panel's, ``curves`` what holds for its whole curves.
    """
    last = min(row["sigma"] for row in rows)
    found = {curve["classifier"]: curve for curve in curves if _is_there(curve)}
    for number, (classifier, style) in enumerate(styles.items()):
        if classifier not in found:
            continue
        half = found[classifier]["half_excess"]
        sigma = [half[part] for part in ("value", "high", "low")]
        value, low, high = (noise_levels.log_snr_db(max(one or 0.0, last)) for one in sigma)
        axis.plot([low, high], [number] * 2, color=style.colour, linewidth=1.5, solid_capstyle="butt")
        mark = "<" if half["censored"] else "D"
        axis.plot([value], [number], color=style.colour, marker=mark, ms=4.5, linestyle="", clip_on=False)
    axis.set_ylim(len(styles) - 0.4, -0.6)
    if not found:
        place: dict[str, Any] = {"transform": axis.transAxes, "ha": "center", "va": "center"}
        axis.text(0.5, 0.5, "nowhere above shuffled labels", fontsize=7, color="0.3", **place)


def _is_there(curve: Mapping[str, Any]) -> bool:
    """Whether a curve beats its null and has a level at which half of its excess is there."""
    value = curve["half_excess"]["value"]
    return value is not None and np.isfinite(value) and curve["p"] is not None and curve["p"] <= 0.05


def _controls(axis: "Axes", rows: Rows, found: Mapping[str, Rows], metric: str, style: Style) -> None:
    """A classifier's curve once more, thin, with its controls, and with what probes of concepts that mean nothing reach."""
    levels = [row["log_snr_db"] for row in rows]
    if metric == _RANKED and "random_low" in rows[0]:
        low, high = ([row[end] for row in rows] for end in ("random_low", "random_high"))
        label = "control: concepts that mean nothing, 95 %"
        axis.fill_between(levels, low, high, color="#E8DFC8", linewidth=0, zorder=0, label=label)
    axis.plot(levels, [row[metric] for row in rows], color=style.colour, linewidth=1.6)
    for kind, curve in found.items():
        place = [row["log_snr_db"] for row in curve]
        axis.plot(place, [row[metric] for row in curve], linewidth=1.1, **_CONTROLS[kind])


def _label(axes: Mapping[str, "Axes"], rows: Rows, title: str, metric: str, first: bool, chance: float) -> None:
    """Label the panels of one signal, of which the lowest has the levels, and draw what guessing reaches."""
    names = {"curves": f"{METRIC_NAMES[metric]} of prompts", "halves": "half\nthere", "controls": "with controls"}
    for kind, axis in axes.items():
        levels = [row["log_snr_db"] for row in rows]
        margin = 0.03 * np.ptp(levels) or 1.0
        axis.set_xlim(min(levels) - margin, max(levels) + margin)
        axis.tick_params(labelsize=7.5)
        level_axis(axis, rows)
        if kind != list(axes)[-1]:
            axis.set_xlabel("")
            axis.tick_params(labelbottom=False)
        if kind == "halves":
            axis.set_yticks([])
        else:
            axis.axhline(chance, color="0.45", linestyle=":", linewidth=1)
        if first:
            axis.set_ylabel(names[kind], fontsize=7 if kind == "halves" else 8.5)
    axes["curves"].set_title(title, fontsize=9.5)
    step_axis(axes["curves"], rows)


def _limits(rows: Rows, metric: str) -> tuple[float, float]:
    lows = [row[f"{metric}_low"] for row in rows if np.isfinite(row[f"{metric}_low"])]
    return min(0.35, *lows, 1.0) - 0.02, 1.02


def _chance(rows: Rows, metric: str) -> float:
    """What guessing reaches: a half, or the majority's or the positives' share."""
    share = rows[0]["n_pos"] / max(1, rows[0]["n_pos"] + rows[0]["n_neg"])
    return {"average_precision": share, "accuracy": max(share, 1 - share)}.get(metric, 0.5)
