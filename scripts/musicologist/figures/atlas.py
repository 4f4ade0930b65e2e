"""The atlas: all concepts by all levels."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures import canvas
from musicologist.figures.canvas import METRIC_NAMES, SIGNAL_NAMES, doubts, hatch, level_label, title_of
from musicologist.statistics.outcomes import EMERGED, FROM_THE_START, NOT_EMERGED, UNRESOLVED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]

_WORDS = {NOT_EMERGED: "–", UNRESOLVED: "unresolved", FROM_THE_START: "start"}  # beside a row, not a noise level

_CELL, _BESIDE, _ROOMY, _COLUMN = 0.155, 0.8, 8.0, 4.5
"""Inches: the narrowest cell that takes a number; what stands right of a panel; how wide a figure must be for doubts beside
a name, and for names in more than the smallest type."""

_MIDDLE = 0.179  # the relative luminance that is 4.6 to 1 from both black and white: further than WCAG's 4.5

_LEGEND = (
    "Rows: earliest on top in the {}, by when half of the final excess over .5 has come; then what is unresolved, then what "
    "has not emerged. Bold: every probe is above shuffled labels there (max-T over levels, Benjamini-Hochberg over concepts, "
    "5 %). Right of each panel: that noise level as sigma, mean of the probes that agree; start: so at the first level "
    "already, above shuffled labels; unresolved: present in the end, from when on the data do not say; –: not emerged; ~: "
    "falls on its way by more than its error. Hatched: in doubt, for what stands with its name."
)
_OF_ONE = "Rows: the best told apart on top. Bold: every probe is above shuffled labels (as q, 5 %). Hatched: in doubt."


def atlas(
    rows: Rows, ranked: Mapping[str, Sequence[str]], metric: str, note: str, width: float | None = None
) -> "Figure":
    """All concepts by levels, a panel for each signal; the classifiers' mean, earliest on top.

    ``rows`` are those of atlas.csv, ``ranked`` is that of order.json. Levels that every classifier finds significant, of curves
    with q at most 0.05, are bold; concepts in doubt are hatched. ``width`` is in inches, None what panels need on a screen;
    with no room for them side by side they stand below one another, and a cell without room for its number is a colour.
    """
    signals = canvas.signals_of(rows)
    first = "noisy" if "noisy" in signals else signals[0]
    concepts = ranked[first]
    names = [_name(rows, concept, "\n" if width and width < _ROOMY else " ") for concept in concepts]
    size = canvas.SMALLEST if width and width < _COLUMN else 8.0
    named = 0.2 + 0.0088 * size * max(len(line) for name in names for line in name.split("\n"))
    levels = len({row["step"] for row in rows})
    width = width or 0.4 + named + (max(3.1, 0.38 * levels) + _BESIDE) * len(signals)
    cells = {across: ((width - named - 0.3) / across - _BESIDE) / levels for across in range(1, len(signals) + 1)}
    across = max((number for number, cell in cells.items() if cell >= _CELL), default=1)
    down = -(-len(signals) // across)
    lines = canvas.caption([_LEGEND.format(SIGNAL_NAMES[first]) if levels > 1 else _OF_ONE, note], width)
    height = 1.1 + down * (0.9 + 0.26 * len(concepts)) + canvas.height_of(lines)
    figure = canvas.new_figure(width, height)
    axes = figure.subplots(down, across, sharey=True, squeeze=False)
    for axis, signal in zip(axes.flat, signals, strict=False):
        image = _panel(axis, [row for row in rows if row["signal"] == signal], concepts, metric, cells[across])
        axis.set_title(SIGNAL_NAMES[signal] if levels > 1 or len(signals) > 1 else "the clips", fontsize=9.5)
    for axis in axes.flat[len(signals) :]:
        axis.set_axis_off()
    for axis in axes[:, 0]:
        axis.set_yticks(range(len(concepts)), names, fontsize=size)
    bar = figure.colorbar(image, ax=axes, location="bottom", fraction=0.2 / height, aspect=5 * width, shrink=0.6)
    bar.set_label(f"{METRIC_NAMES[metric]}, mean of the classifiers", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)  # type: ignore[operator]  # its stub says spine
    canvas.explain(figure, "Atlas: how well prompts with and without a concept are told apart", lines)
    return figure


def _name(rows: Rows, concept: str, between: str) -> str:
    """A concept's name with what is in doubt about it."""
    words = doubts(row for row in rows if row["concept"] == concept)
    return f"{title_of(concept)}{between}({words})" if words else title_of(concept)


def _panel(axis: "Axes", rows: Rows, concepts: Sequence[str], metric: str, cell: float) -> Any:
    """Draw one signal; ``cell`` is how many inches wide a level is."""
    levels = sorted({(row["step"], row["log_snr_db"]) for row in rows})
    values = np.full((len(concepts), len(levels)), np.nan)
    bold = np.zeros(values.shape, bool)
    cells: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for row in rows:
        level = levels.index((row["step"], row["log_snr_db"]))
        cells.setdefault((concepts.index(row["concept"]), level), []).append(row)
    for place, found in cells.items():
        values[place] = np.mean([row[metric] for row in found])
        bold[place] = all(row["p_level"] <= 0.05 and row["q"] <= 0.05 for row in found)
    image = axis.imshow(values, aspect="auto", cmap="PuOr_r", vmin=0, vmax=1, interpolation="nearest")
    ends = [cells.get((i, len(levels) - 1), []) for i in range(len(concepts))]
    doubtful = [i for i, end in enumerate(ends) if doubts(end)]
    if cell >= _CELL:
        _numbers(axis, image, values, bold, doubtful, cell)
    for i in doubtful:
        hatch(axis, -0.5, i - 0.5, len(levels), 1)
    _label(axis, levels, [when(end) for end in ends], cell)
    return image


def _numbers(
    axis: "Axes", image: Any, values: np.ndarray, bold: np.ndarray, hatched: Collection[int], cell: float
) -> None:
    """Write its number on each cell in black or white, whichever is told from its colour better; a halo keeps hatches off."""
    from matplotlib.patheffects import withStroke

    colours = image.to_rgba(values)
    for i, j in zip(*np.nonzero(np.isfinite(values)), strict=True):
        ink = "white" if canvas.luminance(colours[i, j]) < _MIDDLE else "black"
        text = f"{values[i, j]:.2f}".removeprefix("0")
        look: dict[str, Any] = {"fontsize": 6.5 if cell >= 0.19 else canvas.SMALLEST, "color": ink}
        written = axis.text(j, i, text, ha="center", va="center", weight="bold" if bold[i, j] else "normal", **look)
        if i in hatched:
            written.set_path_effects([withStroke(linewidth=2, foreground=colours[i, j])])


def _label(axis: "Axes", levels: Sequence[tuple[int, float]], beside: Sequence[str], cell: float) -> Any:
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    if len(levels) == 1:
        return axis.set_xticks([])
    every = range(0, len(levels), -(-17 * len(levels) // round(72 * cell * len(levels))))  # a label takes 17 points
    axis.set_xticks(every, [level_label(levels[place][1], sep="\n") for place in every], fontsize=canvas.SMALLEST)
    axis.set_xlabel("log-SNR in dB, noise level sigma below", fontsize=8)
    top, right = axis.secondary_xaxis("top"), axis.secondary_yaxis("right")
    top.set_xticks(every, [str(levels[place][0]) for place in every], fontsize=canvas.SMALLEST)
    top.set_xlabel("denoising step (from 0)", fontsize=8)
    right.set_yticks(range(len(beside)), beside, fontsize=6.5, color="0.3")
    for side in (top, right):
        side.tick_params(length=0)
        side.spines[:].set_visible(False)


def when(curves: Rows) -> str:
    """What a concept's ``curves`` say beside its row: of those that emerged the mean half-excess as sigma; ~: one falls."""
    emerged = [row["half_excess_sigma"] for row in curves if row["answer"] == EMERGED]
    words = {EMERGED: f"{np.exp(np.mean(np.log(emerged))):.2g}" if emerged else "", **_WORDS}
    falls = any(not row["monotone"] and row["answer"] != NOT_EMERGED for row in curves)
    return "/".join(dict.fromkeys(words[row["answer"]] for row in curves)) + (" ~" if falls else "")
