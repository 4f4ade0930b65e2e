"""What curves of ROC-AUC are drawn against: their nulls, which levels beat them, and where the half of a rise has come."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import noise_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

METRIC = "roc_auc"
"""The only metric that has nulls."""

_GREY = "0.45"


def style(rows: Sequence[Mapping[str, Any]], metric: str) -> dict[str, Any]:
    """How to draw a curve: dashed where it does not beat its null anywhere; levels that do not are hollow."""
    if metric != METRIC:
        return {}
    beaten = [row["p_level"] <= 0.05 for row in rows]
    return {"linestyle": "-" if any(beaten) else "--", "fillstyle": "full" if all(beaten) else "none"}


def draw(
    axis: "Axes",
    rows: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    lines: Mapping[str, "Line2D"],
    metric: str,
) -> None:
    """Draw the nulls of one signal behind its curves, fill the levels that beat theirs, and mark half-rises below.

    ``rows`` are the signal's of emergence.csv, ``summary`` is emergence.json, ``lines`` the curves drawn, by classifier.
    """
    if metric != METRIC:
        return
    curves = {name: [row for row in rows if row["classifier"] == name] for name in lines}
    first = next(iter(curves.values()))
    levels = [row["log_snr_db"] for row in first]
    band = [[row[end] for row in first] for end in ("random_low", "random_high")]
    axis.fill_between(levels, *band, color="0.86", linewidth=0, zorder=0, label="random concepts, 95 %")
    critical = np.max([[row["critical_auc"] for row in curve] for curve in curves.values()], axis=0)
    axis.plot(levels, critical, color=_GREY, linewidth=1, linestyle="-.", label="permuted labels, 5 %", zorder=1)
    for number, (name, line) in enumerate(lines.items()):
        beaten = [row for row in curves[name] if row["p_level"] <= 0.05]
        marker = {"color": line.get_color(), "marker": line.get_marker(), "ms": line.get_markersize()}
        axis.plot([row["log_snr_db"] for row in beaten], [row[metric] for row in beaten], linestyle="", **marker)
        for curve in summary["curves"]:
            if (curve["classifier"], curve["signal"]) == (name, first[0]["signal"]):
                _mark_half_rise(axis, curve, line.get_color(), 0.03 + 0.03 * number)


def _mark_half_rise(axis: "Axes", curve: Mapping[str, Any], colour: str, height: float) -> None:
    """A diamond with a bar at sigma50 and its interval, at a share of the axis' height."""
    half = curve["half_rise"]
    if half["value"] is None or curve["p"] is None or curve["p"] > 0.05:
        return
    value, low, high = (noise_levels.log_snr_db(half[part]) for part in ("value", "high", "low"))
    place = axis.get_xaxis_transform()
    axis.plot([low, high], [height] * 2, color=colour, linewidth=1.5, transform=place, solid_capstyle="butt")
    axis.plot([value], [height], color=colour, marker="D", ms=4.5, transform=place, linestyle="")


def caption(metric: str) -> list[str]:
    """What the marks mean."""
    if metric != METRIC:
        return []
    return [
        "Filled: above permuted labels (max-T over levels, p ≤ 0.05, this concept alone); dashed: nowhere above them. "
        "Diamonds: sigma50, 95 %."
    ]
