"""The atlas: all concepts by all levels."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures.canvas import METRIC_NAMES, SIGNAL_NAMES, doubts, hatch, level_label, new_figure, title_of
from musicologist.statistics.outcomes import EMERGED, FROM_THE_START, NOT_EMERGED, UNRESOLVED, earliness

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]


_WORDS = {NOT_EMERGED: "–", UNRESOLVED: "unresolved", FROM_THE_START: "start"}
"""What stands beside a row in place of a noise level."""


def atlas(rows: Rows, metric: str, note: str) -> "Figure":
    """All concepts by levels, a panel for each signal; the classifiers' mean, ordered by when they are there, earliest on top.

    ``rows`` are those of atlas.csv. Levels that every classifier finds significant, of curves with q at most 0.05, are bold.
    Concepts that are in doubt are hatched, and say why.
    """
    signals = _signals(rows)
    concepts = ordered(rows, "noisy" if "noisy" in signals else signals[0], metric)
    width = max(3.1, 0.38 * len({row["step"] for row in rows}))
    figure = new_figure(2.6 + (width + 0.7) * len(signals), 2.3 + 0.27 * len(concepts))
    axes = figure.subplots(1, len(signals), sharey=True, squeeze=False)[0]
    for axis, signal in zip(axes, signals, strict=True):
        image = _panel(axis, [row for row in rows if row["signal"] == signal], concepts, metric)
        axis.set_title(SIGNAL_NAMES[signal], fontsize=10)
    names = [_name(rows, concept) for concept in concepts]
    axes[0].set_yticks(range(len(concepts)), names)
    bar = figure.colorbar(image, ax=axes, shrink=0.5, pad=0.01)
    bar.set_label(f"{METRIC_NAMES[metric]}, mean of the classifiers")
    bar.outline.set_visible(False)  # type: ignore[operator]  # its stub says spine
    figure.suptitle("Atlas: how well prompts with and without a concept are told apart", fontsize=12)
    legend = (
        "Bold: every probe is above permuted labels there (max-T over levels, Benjamini-Hochberg over concepts, 5 %). Right of "
        "each panel: the noise level at which half of the final excess over .5 is there (mean of the probes that agree); "
        "start: at the first level already, and above permuted labels; unresolved: present in the end, from when on the data "
        "do not say; ~: falls on its way by more than its error. Hatched: in doubt, for what stands behind its name."
    )
    lines = [*textwrap.wrap(legend, 26 + int(15 * figure.get_size_inches()[0])), *textwrap.wrap(note, 110)]
    figure.supxlabel("\n".join(lines), fontsize=7, color="0.3")
    return figure


def _signals(rows: Rows) -> list[str]:
    return [signal for signal in SIGNAL_NAMES if any(row["signal"] == signal for row in rows)]


def ordered(rows: Rows, signal: str, metric: str) -> list[str]:
    """The concepts by when they are there in one signal, then by the metric at its last level; the void ones last."""
    ends = _ends(rows, signal)

    def place(concept: str) -> tuple[float, float, float]:
        mine = ends[concept]
        answers = {row["classifier"]: row["answer"] for row in mine}
        sigma = {row["classifier"]: row["half_excess_sigma"] for row in mine}
        values = [row[metric] for row in mine if np.isfinite(row[metric])]
        return *earliness(answers, sigma, mine[0]["sigma"]), float(np.mean(values)) if values else -1.0

    return sorted(ends, key=place, reverse=True)


def _ends(rows: Rows, signal: str) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of the last level of one signal by concept."""
    mine = [row for row in rows if row["signal"] == signal]
    last = max(row["step"] for row in mine)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in mine:
        if row["step"] == last:
            found.setdefault(row["concept"], []).append(row)
    return found


def _name(rows: Rows, concept: str) -> str:
    """A concept's name with what is in doubt about it."""
    words = doubts(row for row in rows if row["concept"] == concept)
    return f"{title_of(concept)} ({words})" if words else title_of(concept)


def _panel(axis: "Axes", rows: Rows, concepts: Sequence[str], metric: str) -> Any:
    levels = sorted({(row["step"], row["log_snr_db"]) for row in rows})
    values = np.full((len(concepts), len(levels)), np.nan)
    bold = np.zeros(values.shape, bool)
    cells: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for row in rows:
        cells.setdefault((row["concept"], row["step"]), []).append(row)
    for i, concept in enumerate(concepts):
        for j, (step, _) in enumerate(levels):
            found = cells.get((concept, step), [])
            values[i, j] = np.mean([row[metric] for row in found]) if found else np.nan
            bold[i, j] = bool(found) and all(row["p_level"] <= 0.05 and row["q"] <= 0.05 for row in found)
    image = axis.imshow(values, aspect="auto", cmap="PuOr_r", vmin=0, vmax=1, interpolation="nearest")
    for i, j in np.ndindex(values.shape):
        if np.isfinite(values[i, j]):
            light = "white" if abs(values[i, j] - 0.5) > 0.36 else ("black" if bold[i, j] else "0.35")
            weight = "bold" if bold[i, j] else "normal"
            text = f"{values[i, j]:.2f}".removeprefix("0")
            axis.text(j, i, text, ha="center", va="center", fontsize=6.5, color=light, weight=weight)
    ends = [cells.get((concept, levels[-1][0]), []) for concept in concepts]
    for i, end in enumerate(ends):
        if doubts(end):
            hatch(axis, -0.5, i - 0.5, len(levels), 1)
    _label(axis, levels, [when(end) for end in ends])
    return image


def _label(axis: "Axes", levels: Sequence[tuple[int, float]], beside: Sequence[str]) -> None:
    axis.set_xticks(range(len(levels)), [level_label(db, sep="\n") for _, db in levels], fontsize=7)
    axis.set_xlabel("log-SNR in dB, noise level sigma below")
    top, right = axis.secondary_xaxis("top"), axis.secondary_yaxis("right")
    top.set_xticks(range(len(levels)), [str(step) for step, _ in levels], fontsize=7)
    top.set_xlabel("denoising step (from 0)", fontsize=8)
    right.set_yticks(range(len(beside)), beside, fontsize=6.5, color="0.3")
    for side in (top, right):
        side.tick_params(length=0)
        side.spines[:].set_visible(False)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)


def when(curves: Rows) -> str:
    """What stands beside a row: what the classifiers' ``curves`` of a concept say about when it is there.

    Of curves that emerged that is the geometric mean of their half-excess as sigma; classifiers that agree say it once. A
    mark says that a curve is not monotone.
    """
    emerged = [row["half_excess_sigma"] for row in curves if row["answer"] == EMERGED]
    words = {EMERGED: f"{np.exp(np.mean(np.log(emerged))):.2g}" if emerged else "", **_WORDS}
    falls = any(not row["monotone"] and row["answer"] != NOT_EMERGED for row in curves)
    return "/".join(dict.fromkeys(words[row["answer"]] for row in curves)) + (" ~" if falls else "")
