"""One concept where there is one level alone: bars with intervals for curves, and the controls beside them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures import canvas
from musicologist.figures.canvas import METRIC_NAMES
from musicologist.figures.styles import Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[Mapping[str, Any]]


def panel(
    axis: "Axes",
    rows: Rows,
    beside: Mapping[str, tuple[str, Rows]],
    styles: Mapping[str, Style],
    metric: str,
    chance: float,
) -> None:
    """Draw one signal: a bar for each classifier, with its 95 % interval, and what its null stays below as a grey line.

    ``rows`` are the level's, one a classifier; ``beside`` has the label, and rows of one level, of controls by kind.
    """
    by_name = {row["classifier"]: row for row in rows}
    ticks = []
    for place, (name, style) in enumerate(styles.items()):
        row = by_name[name]
        beaten = row.get("p_level", 0) <= 0.05 if metric == "roc_auc" else True
        look: dict[str, Any] = {"color": style.colour} if beaten else {"facecolor": "none", "edgecolor": style.colour}
        _bar(axis, place, row, metric, look, 0.7)
        if metric == "roc_auc":
            axis.plot([place - 0.42, place + 0.42], [row["critical_auc"]] * 2, color="0.35", linewidth=1.2)
        ticks.append(style.label)
    for label, (row, *_) in beside.values():
        _bar(axis, len(ticks), row, metric, {"facecolor": "0.85", "edgecolor": "0.4"}, 0.45)
        ticks.append(label.removeprefix("control: "))
    if metric == "roc_auc" and "random_low" in rows[0]:
        label = "control: concepts that mean nothing, 95 %"
        axis.axhspan(rows[0]["random_low"], rows[0]["random_high"], color="#E8DFC8", zorder=0, linewidth=0, label=label)
    axis.plot([], [], color="0.35", linewidth=1.2, label="no better than shuffled labels below (5 %)")
    axis.axhline(chance, color="0.45", linestyle=":", linewidth=1, zorder=0.8)
    axis.set_xticks(range(len(ticks)), [tick.replace(" ", "\n", 1) for tick in ticks], fontsize=canvas.SMALLEST + 1)
    axis.set_xlim(-0.6, len(ticks) - 0.4)
    axis.set_ylim(0, 1.02)
    if canvas.doubts(rows):
        canvas.hatch(axis, 0, 0, 1, 1, transform=axis.transAxes, edgecolor="0.7", zorder=0.5)
    axis.set_ylabel(f"{METRIC_NAMES[metric]} of prompts", fontsize=8.5)
    axis.tick_params(labelsize=7.5)


def _bar(axis: "Axes", place: int, row: Mapping[str, Any], metric: str, look: Mapping[str, Any], width: float) -> None:
    axis.bar([place], [row[metric]], width=width, linewidth=1.2, zorder=1, **look)
    low, high = row.get(f"{metric}_low"), row.get(f"{metric}_high")
    if low is not None and high is not None and np.isfinite([low, high]).all():
        axis.vlines([place], [low], [high], color="black", linewidth=1.4, zorder=2)
    text = f"{row[metric]:.2f}".removeprefix("0")
    axis.text(place, 0.02, text, ha="center", va="bottom", fontsize=8, color="black", zorder=3, bbox=_PAPER)


_PAPER: dict[str, Any] = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
