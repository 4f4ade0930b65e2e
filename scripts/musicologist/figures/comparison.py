"""When concepts emerge in several runs, or for several embedders, side by side."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.figures.canvas import SIGNAL_NAMES, level_label, new_figure, title_of
from musicologist.statistics.outcomes import EMERGED, FROM_THE_START, UNRESOLVED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]
_LOOKS = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "D"), ("#CC79A7", "^"), ("#000000", "v"), ("#E69F00", "P"))
"""Colour and mark of each side, the reference first."""
_SHORT = {FROM_THE_START: "from the start", UNRESOLVED: "unresolved", EMERGED: "emerged"}


def comparison(rows: Rows, sentences: Sequence[str], note: str) -> "Figure":
    """A panel a signal: by concept, where half of the final excess has come for each side, with 95 % intervals over prompts.

    ``rows`` are those of one classifier (``emergence.run_comparison.rows``), the first side's earliest concepts on top; answers
    that change stand beside the name. ``sentences`` say what holds for all concepts.
    """
    signals = [name for name in SIGNAL_NAMES if any(row["signal"] == name for row in rows)]
    sides = list(dict.fromkeys([row["first"] for row in rows] + [row["second"] for row in rows]))
    concepts = list(dict.fromkeys(row["concept"] for row in rows))
    figure = new_figure(max(6.4, 0.6 + 4.6 * max(1, len(signals))), 1.9 + 0.24 * max(4, len(concepts)))
    for axis, signal in zip(figure.subplots(1, max(1, len(signals)), squeeze=False)[0], signals, strict=False):
        _panel(axis, [row for row in rows if row["signal"] == signal], sides)
        axis.set_title(SIGNAL_NAMES[signal], fontsize=9, loc="left")
    figure.legend(handles=_legend(sides), loc="outside upper right", ncols=len(sides), frameon=False, fontsize=8)
    figure.suptitle("When do concepts emerge?", fontsize=12, x=0.02, ha="left")
    legend = (
        "Where half of the final excess over .5 has come. Bars: 95 % over prompts. Triangle: there from the start, so at this "
        "noise or above. Hollow: present, start unresolved. No mark: not emerged."
    )
    words = [line for text in (legend, *sentences, note) for line in textwrap.wrap(text, 80 * max(2, len(signals)))]
    figure.supxlabel("\n".join(words), fontsize=7, color="0.3")
    return figure


def _panel(axis: "Axes", rows: Rows, sides: Sequence[str]) -> None:
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
    axis.set_yticks(range(len(concepts)), [_name(rows, concept) for concept in concepts], fontsize=7)
    axis.set_ylim(max(len(concepts), 1) - 0.5, -0.5)
    axis.grid(axis="y", color="0.93", linewidth=0.6)
    axis.set_xlabel("log-SNR in dB, sigma below")
    if not known:
        axis.text(0.5, 0.5, "no concept emerged", transform=axis.transAxes, ha="center", color="0.3")
        return
    low, high = min(known), max(known)
    axis.set_xlim(low - 2, high + 2)
    ticks = np.arange(10 * np.ceil((low - 2) / 10), high + 2, 10)
    axis.set_xticks(ticks, [level_label(decibel, sep="\n") for decibel in ticks], fontsize=8)


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


def _name(rows: Rows, concept: str) -> str:
    """A concept's name, with the other sides' answers where they differ from the first's."""
    changes = [
        f"{row['second']}: {_SHORT.get(row['second_answer'], row['second_answer'])}"
        for row in rows
        if row["concept"] == concept and row["changed"]
    ]
    return title_of(concept) + (f" ({'; '.join(changes)})" if changes else "")


def _legend(sides: Sequence[str]) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=colour, marker=mark, ms=4.5, linewidth=1.2, label=side)
        for side, (colour, mark) in zip(sides, _LOOKS * (1 + len(sides) // len(_LOOKS)), strict=False)
    ]
