"""The picture of exchanged prompts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures import canvas
from musicologist.figures.axes import noise_axis
from musicologist.figures.canvas import title_of
from musicologist.figures.legends import legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]

_SHARES = {
    "survives": ("first prompt's concept survives", "#0072B2", "o", "-"),
    "gets_in": ("second prompt's concept gets in", "#D55E00", "s", "--"),
}


def draw(rows: Rows, note: str, width: float | None = None) -> "Figure":
    """For each group of concepts both shares over the level of the exchange, and sigma_switch of its concepts beside them.

    ``rows`` are those of switching.csv, of the first classifier there; thick with a 95 % band is the group as a whole.
    ``width`` is in inches, None for a screen's.
    """
    mine = [row for row in rows if row["classifier"] == rows[0]["classifier"]]
    groups = list(dict.fromkeys(row["group"] for row in mine))
    width = width or 9.6
    across = 2 if width > 5 else 1
    about = (
        f"Probe: {rows[0]['classifier']}. 1: as if the prompt had stayed, 0: as if it had never been there; 95 % interval over "
        "pairs of prompts. sigma_switch: the level at which both prompts count alike (arrows: beyond the levels); "
        "unresolved: the probe does not tell both prompts' clips apart."
    )
    lines = canvas.caption([about, note], width)
    heights = [2.2 + 0.05 * len(_concepts(mine, group)) for group in groups for _ in range(2 // across)]
    figure = canvas.new_figure(width, 0.9 + sum(heights) + 0.8 * len(heights) + canvas.height_of(lines))
    grid = figure.add_gridspec(1 + len(heights), across, height_ratios=[0.001, *heights])
    legend = figure.add_subplot(grid[0, :])
    panels = [figure.add_subplot(grid[1 + number // across, number % across]) for number in range(2 * len(groups))]
    for group, left, right in zip(groups, panels[::2], panels[1::2], strict=True):
        here = [row for row in mine if row["group"] == group]
        _shares(left, here, group)
        _switches(right, here)
    legend_above(legend, figure)
    canvas.explain(figure, "Switching: what becomes of a prompt that is exchanged on the way", lines)
    return figure


def _concepts(rows: Rows, group: str) -> list[str]:
    return list(dict.fromkeys(row["concept"] for row in rows if row["group"] == group and row["concept"] != "all"))


def _shares(axis: "Axes", rows: Rows, group: str) -> None:
    for share, (label, colour, mark, line) in _SHARES.items():
        for concept in _concepts(rows, group):
            curve = [row for row in rows if row["concept"] == concept]
            axis.plot(
                [row["log_snr_db"] for row in curve], [row[share] for row in curve], color=colour, alpha=0.15, lw=0.7
            )
        overall = [row for row in rows if row["concept"] == "all"]
        place = [row["log_snr_db"] for row in overall]
        axis.plot(place, [row[share] for row in overall], color=colour, marker=mark, linestyle=line, ms=4, label=label)
        low, high = ([row[f"{share}_{end}"] for row in overall] for end in ("low", "high"))
        axis.fill_between(place, low, high, color=colour, alpha=0.16, linewidth=0)
    axis.set_ylim(-0.3, 1.3)
    axis.set_ylabel("share")
    axis.set_title(f"{group.replace('_', ' ')}: {overall[0]['pairs']:.0f} pairs, both ways", fontsize=9, loc="left")
    axis.axhline(0.5, color="0.45", linestyle=":", linewidth=1)
    noise_axis(axis, overall)


def _switches(axis: "Axes", rows: Rows) -> None:
    """A line for each concept, the group on top: where it is settled, beyond the switched levels an arrow."""
    first = {row["concept"]: row for row in rows}
    levels = sorted({row["sigma"] for row in rows})
    names = sorted(first, key=lambda name: (name == "all", np.nan_to_num(first[name]["sigma_switch"], nan=-1.0)))
    for height, name in enumerate(names):
        row = first[name]
        value, low, high = (row[f"sigma_switch{end}"] for end in ("", "_low", "_high"))
        colour = "#0072B2" if name == "all" else "0.25"
        if np.isnan(value):
            axis.text(levels[-1], height, "unresolved", va="center", fontsize=7, color="0.45")
            continue
        inside = float(np.clip(value, levels[0], levels[-1]))
        mark = "<" if value > levels[-1] else ">" if value < levels[0] else "D"
        axis.plot([inside], [height], marker=mark, color=colour, linestyle="", ms=5)
        if not (np.isnan(low) or np.isnan(high)):
            axis.plot(np.clip([low, high], levels[0], levels[-1]), [height] * 2, color=colour, linewidth=1.5)
    axis.set_ylim(-0.6, len(names) - 0.4)
    axis.set_xscale("log")
    axis.set_xlim(levels[-1] * 1.3, levels[0] / 1.3)
    axis.set_xticks(levels, [f"{level:.2g}" for level in levels], minor=False)
    axis.minorticks_off()
    axis.set_xlabel("sigma_switch")
    axis.set_yticks(
        range(len(names)), ["all together" if name == "all" else title_of(name) for name in names], fontsize=7
    )
