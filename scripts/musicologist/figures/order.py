"""In which order concepts emerge."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.figures import canvas
from musicologist.figures.axes import level_axis
from musicologist.figures.canvas import SIGNAL_NAMES, doubts, hatch, title_of
from musicologist.figures.legends import legend_above
from musicologist.figures.styles import Style, of_rows
from musicologist.statistics.outcomes import FROM_THE_START, UNRESOLVED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]

_ROOMY = 6.0
"""Inches from which on there is room for the matrix."""

_LEGEND = (
    "Where half of the final excess over .5 has come, censored at the first level; only curves with q ≤ 0.05 are shown. Bars: "
    "95 % over prompts. Filled: emerged. Triangle: there from the start, so at this noise or above. Hollow: present, start "
    "unresolved, so without a place in the order. Cross: falls on its way by more than its error. Hatched: in doubt, for what "
    "stands with its name."
)
_MATRIX = (
    " Matrix: share of resamples of the prompts in which the row's concept comes before the column's, mean "
    "of the classifiers; .5: neither is known to come first; grey: cannot be compared."
)


def order(
    rows: Rows,
    found: Mapping[str, Any],
    note: str,
    styles: Mapping[str, Style] | None = None,
    width: float | None = None,
) -> "Figure":
    """For each signal: when the concepts are there, by classifier with 95 % intervals; in the same rows P(row before column).

    ``rows`` are those of atlas.csv, ``found`` is order.json, ``styles`` are the classifiers' by name, ``width`` is in inches,
    None for a screen's. The matrix is the mean over the classifiers that have both concepts in their order; where no two can be
    compared there is none.
    """
    styles = styles or of_rows(rows)
    signals = canvas.signals_of(rows)
    placed = {(one["classifier"], one["signal"]): one for one in found["orders"]}
    listed = {
        signal: [
            concept
            for concept in found["ranked"][signal]
            if any(_place(placed, classifier, signal, concept) for classifier in styles)
        ]
        for signal in signals
    }
    width = width or 10.2
    before = {signal: precedence(found["orders"], signal, listed[signal]) for signal in signals if width >= _ROOMY}
    compared = [signal for signal, shares in before.items() if np.isfinite(shares).any()]
    heights = [0.3 + 0.2 * len(listed[signal]) for signal in signals]
    lines = canvas.caption([_LEGEND + _MATRIX if compared else _LEGEND, note], width)
    figure = canvas.new_figure(width, 1.0 + sum(heights) + 0.95 * len(signals) + canvas.height_of(lines))
    columns = {"width_ratios": [1.3, 1]} if compared else {}
    grid = figure.add_gridspec(1 + len(signals), 1 + bool(compared), height_ratios=[0.001, *heights], **columns)
    legend = figure.add_subplot(grid[0, :])
    for row, signal in enumerate(signals, start=1):
        left = figure.add_subplot(grid[row, 0] if signal in compared else grid[row, :])
        mine = [one for one in rows if one["signal"] == signal]
        _landmarks(left, mine, placed, listed[signal], styles, "\n" if width < 8 else " ")
        room = width * (0.56 if signal in compared else 1.0) - 1.6
        said = textwrap.wrap(f"{SIGNAL_NAMES[signal]}: {_agreement(found, signal)}", max(22, int(14 * room)))
        left.set_title("\n".join(said), fontsize=8.5, loc="left")
        if signal in compared:
            right = figure.add_subplot(grid[row, 1], sharey=left)
            bar = figure.colorbar(_precedence(right, before[signal], listed[signal]), ax=right, fraction=0.06, pad=0.02)
            bar.ax.tick_params(labelsize=7)
            bar.outline.set_visible(False)  # type: ignore[operator]  # its stub says spine
    legend_above(legend, figure)
    canvas.explain(figure, "In which order do concepts emerge?", lines)
    return figure


def precedence(orders: Sequence[Mapping[str, Any]], signal: str, concepts: Sequence[str]) -> np.ndarray:
    """P(row before column) of ``concepts`` (n, n), mean over the orders of one signal that have both; NaN where none has."""
    shares = np.full((len(orders), len(concepts), len(concepts)), np.nan)
    for number, entry in enumerate(orders):
        names = [row["concept"] for row in entry["concepts"]]
        if entry["signal"] == signal and names:
            there = [place for place, concept in enumerate(concepts) if concept in names]
            taken = [names.index(concepts[place]) for place in there]
            shares[number][np.ix_(there, there)] = np.array(entry["before"], float)[np.ix_(taken, taken)]
    known = np.isfinite(shares).sum(axis=0)
    return np.where(known > 0, np.nansum(shares, axis=0) / np.maximum(known, 1), np.nan)


def _place(
    placed: Mapping[tuple[str, str], Mapping[str, Any]], classifier: str, signal: str, concept: str
) -> Mapping[str, Any] | None:
    """What an order says of a concept that is present in the end; None where it is not."""
    entry = placed.get((classifier, signal), {"concepts": [], "unresolved": []})
    return next((row for row in [*entry["concepts"], *entry["unresolved"]] if row["concept"] == concept), None)


def _landmarks(
    axis: "Axes",
    rows: Rows,
    placed: Mapping[tuple[str, str], Mapping[str, Any]],
    concepts: Sequence[str],
    styles: Mapping[str, Style],
    between: str,
) -> None:
    """When the ``concepts`` are there; ``rows`` are those of one signal, ``between`` stands before what is in doubt."""
    if not concepts:
        axis.set_axis_off()
        look: dict[str, Any] = {"transform": axis.transAxes, "va": "center", "color": "0.3", "fontsize": 8}
        axis.text(0, 0.5, "no concept has a place in an order", **look)
        return
    decibels = [row["log_snr_db"] for row in rows]
    low, high = min(decibels), max(decibels)
    apart = min(0.24, 0.6 / len(styles))
    for number, (classifier, style) in enumerate(styles.items()):
        for place, concept in enumerate(concepts):
            row = _place(placed, classifier, rows[0]["signal"], concept)
            if row is not None:
                _point(axis, row, place + apart * (number - (len(styles) - 1) / 2), style, (low, high))
    names, limits = [], (low - 1.5, high + 1)
    for place, concept in enumerate(concepts):
        words = doubts(row for row in rows if row["concept"] == concept)
        names.append(f"{title_of(concept)}{between}({words})" if words else title_of(concept))
        if words:
            hatch(axis, limits[0], place - 0.5, limits[1] - limits[0], 1, edgecolor="0.85", zorder=0)
    axis.set_yticks(range(len(concepts)), names, fontsize=7)
    axis.set_ylim(len(concepts) - 0.5, -0.5)
    axis.set_xlim(*limits)
    level_axis(axis, rows)
    axis.grid(axis="y", color="0.93", linewidth=0.6)
    for style in styles.values():
        axis.plot([], [], color=style.colour, marker=style.mark, ms=4, linewidth=1.2, label=style.label)


def _point(axis: "Axes", row: Mapping[str, Any], height: float, style: Style, limits: tuple[float, float]) -> None:
    """One concept's half-excess with its interval, which ends where the levels do."""
    sigma = [row[f"half_excess_sigma{end}"] for end in ("_high", "", "_low")]
    near, value, far = (noise_levels.log_snr_db(max(one or 0.0, 1e-9)) for one in sigma)
    axis.plot([near, min(far, limits[1] + 1)], [height] * 2, color=style.colour, linewidth=1.2)
    mark = "<" if row["answer"] == FROM_THE_START else style.mark
    fill = "none" if row["answer"] == UNRESOLVED else style.colour
    axis.plot([value], [height], linestyle="", marker=mark, ms=4, color=style.colour, markerfacecolor=fill)
    if not row["monotone"]:
        axis.plot([value], [height], linestyle="", marker="x", ms=6, color="black", markeredgewidth=0.8)


def _precedence(axis: "Axes", shares: np.ndarray, concepts: Sequence[str]) -> Any:
    """Draw the matrix in the rows of the list; grey is what cannot be compared."""
    import matplotlib

    colours = matplotlib.colormaps["PuOr_r"].with_extremes(bad="0.85")
    image = axis.imshow(shares, cmap=colours, vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    names = [title_of(concept) for concept in concepts]
    axis.set_xticks(range(len(names)), names, fontsize=canvas.SMALLEST, rotation=90)
    axis.tick_params(length=0, labelleft=False)
    axis.spines[:].set_visible(False)
    axis.set_title("how sure: P(row before column)", fontsize=8.5)
    return image


def _agreement(found: Mapping[str, Any], signal: str) -> str:
    """How much the first two probes that can be compared agree; they are named where there are more."""
    pairs = [entry for entry in found["agreement"] if entry["signal"] == signal and entry["tau_b"] is not None]
    for entry in pairs:
        named = f"{entry['first']} and {entry['second']}" if len(pairs) > 1 else "the probes"
        return (
            f"how alike the orders are, tau-b of {named} {entry['tau_b']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}]"
        )
    return "no two orders to compare"
