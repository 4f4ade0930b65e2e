"""When concepts emerge in several runs, or for several embedders, side by side."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.figures import canvas
from musicologist.figures.axes import level_ticks
from musicologist.figures.canvas import SIGNAL_NAMES, level_label, title_of
from musicologist.figures.legends import legend_above
from musicologist.statistics.outcomes import EMERGED, FROM_THE_START, UNRESOLVED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]
_LOOKS = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "D"), ("#CC79A7", "^"), ("#000000", "v"), ("#E69F00", "P"))
"""Colour and mark of each side, the reference first."""
_NARROWEST = 3.2
"""Inches that a panel takes at least."""
_LEGEND = (
    "Where half of the final excess over .5 has come. Bars: 95 % over prompts. Triangle: there from the start, so at this "
    "noise or above. Hollow: present, start unresolved. No mark: not emerged."
)
_SHORT = {FROM_THE_START: "from the start", UNRESOLVED: "unresolved", EMERGED: "emerged"}


def comparison(rows: Rows, sentences: Sequence[str], note: str, width: float | None = None) -> "Figure":
    """A panel a signal: by concept, where half of the final excess has come for each side, with 95 % intervals over prompts.

    ``rows`` are those of one classifier (``emergence.run_comparison.rows``), the first side's earliest concepts on top; answers
    that change stand with the name. ``sentences`` say what holds for all concepts. ``width`` is in inches, None a screen's.
    """
    signals = [name for name in SIGNAL_NAMES if any(row["signal"] == name for row in rows)]
    sides = list(dict.fromkeys([row["first"] for row in rows] + [row["second"] for row in rows]))
    concepts = list(dict.fromkeys(row["concept"] for row in rows))
    width = width or max(6.4, 0.6 + 4.6 * max(1, len(signals)))
    across = min(len(signals), max(1, int(width / _NARROWEST))) or 1
    down = max(1, -(-len(signals) // across))
    lines = canvas.caption([_LEGEND, *sentences, note], width)
    figure = canvas.new_figure(width, 0.7 + down * (0.9 + 0.24 * max(2, len(concepts))) + canvas.height_of(lines))
    grid = figure.add_gridspec(1 + down, across, height_ratios=[0.001, *[1] * down])
    legend = figure.add_subplot(grid[0, :])
    for number, signal in enumerate(signals):
        axis = figure.add_subplot(grid[1 + number // across, number % across])
        _panel(axis, [row for row in rows if row["signal"] == signal], sides, "\n" if width < 8 else " ")
        axis.set_title(SIGNAL_NAMES[signal], fontsize=9, loc="left")
        for side, (colour, mark) in zip(sides, cycle(_LOOKS), strict=False):
            axis.plot([], [], color=colour, marker=mark, ms=4.5, linewidth=1.2, label=side)
    legend_above(legend, figure)
    canvas.explain(figure, "When do concepts emerge?", lines)
    return figure


def _panel(axis: "Axes", rows: Rows, sides: Sequence[str], between: str) -> None:
    """One signal; the first side's row of a concept stands in each of its rows."""
    of_first = {row["concept"]: row for row in rows}
    concepts = sorted(of_first, key=lambda name: -(np.nan_to_num(of_first[name]["first_half_excess_sigma"], nan=-1.0)))
    apart = min(0.26, 0.7 / len(sides))
    known = []
    for place, concept in enumerate(concepts):
        mine = [row for row in rows if row["concept"] == concept]
        points = [(mine[0], "first"), *((row, "second") for row in mine)]
        for row, side in points:
            number = sides.index(row[side])
            height = place + apart * (number - (len(sides) - 1) / 2)
            known += _point(axis, row, side, height, _LOOKS[number % len(_LOOKS)])
    axis.set_yticks(range(len(concepts)), [_name(rows, concept, between) for concept in concepts], fontsize=7)
    axis.set_ylim(max(len(concepts), 1) - 0.5, -0.5)
    axis.grid(axis="y", color="0.93", linewidth=0.6)
    axis.set_xlabel("log-SNR in dB, sigma below", fontsize=8)
    if not known:
        axis.text(0.5, 0.5, "no concept emerged", transform=axis.transAxes, ha="center", color="0.3", fontsize=8)
        return
    low, high = min(known), max(known)
    axis.set_xlim(low - 2, high + 2)
    ticks = level_ticks(axis, [low - 2, high + 2])
    axis.set_xticks(ticks, [level_label(decibel, sep="\n") for decibel in ticks], fontsize=7.5)


def _point(axis: "Axes", row: Mapping[str, Any], side: str, height: float, look: tuple[str, str]) -> list[float]:
    """One side's half-excess of a concept; gives the decibels that must be seen."""
    colour, mark = look
    sigma = row[f"{side}_half_excess_sigma"]
    if not np.isfinite(sigma):
        return []
    value = noise_levels.log_snr_db(sigma)
    ends = [row[f"{side}_half_excess_sigma_{end}"] for end in ("high", "low")]
    shown = [noise_levels.log_snr_db(end) for end in ends if np.isfinite(end) and end > 0]
    axis.plot([min([value, *shown]), max([value, *shown])], [height] * 2, color=colour, linewidth=1.2)
    answer = row[f"{side}_answer"]
    fill = "none" if answer == UNRESOLVED else colour
    mark = "<" if answer == FROM_THE_START else mark
    axis.plot([value], [height], linestyle="", marker=mark, ms=4.5, color=colour, markerfacecolor=fill)
    return [value, *shown]


def _name(rows: Rows, concept: str, between: str) -> str:
    """A concept's name, with the other sides' answers where they differ from the first's."""
    changes = [
        f"{row['second']}: {_SHORT.get(row['second_answer'], row['second_answer'])}"
        for row in rows
        if row["concept"] == concept and row["changed"]
    ]
    return title_of(concept) + (f"{between}({'; '.join(changes)})" if changes else "")
