"""The atlas: all concepts by all levels."""

import textwrap
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures.canvas import METRIC_NAMES, SIGNAL_NAMES, USABLE, level_label, new_figure, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]


class Standing(IntEnum):
    """Where a concept stands among the others, by the answers and sigma50 of its curves; what is higher came earlier."""

    NOT_EMERGED = 0
    EMERGED_WITHOUT_RISE = 1
    ROSE = 2
    FROM_THE_START = 3


_WORDS = {Standing.NOT_EMERGED: "–", Standing.EMERGED_WITHOUT_RISE: "flat", Standing.FROM_THE_START: "start"}
"""What stands beside a row in place of sigma50."""


def atlas(rows: Rows, metric: str, note: str) -> "Figure":
    """All concepts by levels, a panel for each signal; the classifiers' mean, ordered by sigma50, earliest on top.

    ``rows`` are those of atlas.csv. Levels that every classifier finds significant, of curves with q at most 0.05, are bold.
    Concepts with too few prompts are hatched.
    """
    signals = _signals(rows)
    concepts = ordered(rows, "noisy" if "noisy" in signals else signals[0], metric)
    width = max(3.1, 0.38 * len({row["step"] for row in rows}))
    figure = new_figure(2.6 + (width + 0.7) * len(signals), 2.3 + 0.27 * len(concepts))
    axes = figure.subplots(1, len(signals), sharey=True, squeeze=False)[0]
    for axis, signal in zip(axes, signals, strict=True):
        image = _panel(axis, [row for row in rows if row["signal"] == signal], concepts, metric)
        axis.set_title(SIGNAL_NAMES[signal], fontsize=10)
    axes[0].set_yticks(range(len(concepts)), [title_of(concept) for concept in concepts])
    bar = figure.colorbar(image, ax=axes, shrink=0.5, pad=0.01)
    bar.set_label(f"{METRIC_NAMES[metric]}, mean of the classifiers")
    bar.outline.set_visible(False)  # type: ignore[operator]  # its stub says spine
    figure.suptitle("Atlas: how well prompts with and without a concept are told apart", fontsize=12)
    legend = (
        "Bold: every probe is above permuted labels there (max-T over levels, Benjamini-Hochberg over concepts, 5 %). Right of "
        f"each panel: sigma50, the noise level of half the rise. Hatched: fewer than {USABLE} prompts on a side."
    )
    lines = [*textwrap.wrap(legend, 26 + int(15 * figure.get_size_inches()[0])), *textwrap.wrap(note, 110)]
    figure.supxlabel("\n".join(lines), fontsize=7, color="0.3")
    return figure


def _signals(rows: Rows) -> list[str]:
    return [signal for signal in SIGNAL_NAMES if any(row["signal"] == signal for row in rows)]


def ordered(rows: Rows, signal: str, metric: str) -> list[str]:
    """The concepts by their place in the order of one signal, then by the metric at its last level; the void ones last."""
    mine = [row for row in rows if row["signal"] == signal]
    last = max(row["step"] for row in mine)

    def place(concept: str) -> tuple[Standing, float, float]:
        end = [row for row in mine if (row["concept"], row["step"]) == (concept, last)]
        values = [row[metric] for row in end if np.isfinite(row[metric])]
        return *_earliness(end), float(np.mean(values)) if values else -1.0

    return sorted(dict.fromkeys(row["concept"] for row in mine), key=place, reverse=True)


def _earliness(curves: Rows) -> tuple[Standing, float]:
    """Where the classifiers' curves of a concept stand, and the mean log sigma50 of those that rose (0 where none did)."""
    sigma50 = [row["half_rise_sigma"] for row in curves if np.isfinite(row["half_rise_sigma"])]
    if sigma50:
        return Standing.ROSE, float(np.mean(np.log(sigma50)))
    answers = {row["answer"] for row in curves}
    if "there from the start" in answers:
        return Standing.FROM_THE_START, 0.0
    return (Standing.NOT_EMERGED if answers == {"not emerged"} else Standing.EMERGED_WITHOUT_RISE), 0.0


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
    _hatch_unusable(axis, [min(row["n_pos_prompts"], row["n_neg_prompts"]) < USABLE for row, *_ in ends], len(levels))
    _label(axis, levels, [_sigma50(end) for end in ends])
    return image


def _label(axis: "Axes", levels: Sequence[tuple[int, float]], sigma50: Sequence[str]) -> None:
    axis.set_xticks(range(len(levels)), [level_label(db, sep="\n") for _, db in levels], fontsize=7)
    axis.set_xlabel("log-SNR in dB, noise level sigma below")
    top, right = axis.secondary_xaxis("top"), axis.secondary_yaxis("right")
    top.set_xticks(range(len(levels)), [str(step) for step, _ in levels], fontsize=7)
    top.set_xlabel("denoising step (from 0)", fontsize=8)
    right.set_yticks(range(len(sigma50)), sigma50, fontsize=6.5, color="0.3")
    for side in (top, right):
        side.tick_params(length=0)
        side.spines[:].set_visible(False)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)


def _sigma50(curves: Rows) -> str:
    """What stands beside a row: sigma50 (its geometric mean over the classifiers that have one), or why there is none."""
    standing, log_sigma50 = _earliness(curves)
    return f"{np.exp(log_sigma50):.2g}" if standing is Standing.ROSE else _WORDS[standing]


def _hatch_unusable(axis: "Axes", unusable: Sequence[bool], width: int) -> None:
    from matplotlib.patches import Rectangle

    for row, hatched in enumerate(unusable):
        if hatched:
            axis.add_patch(
                Rectangle((-0.5, row - 0.5), width, 1, fill=False, hatch="////", edgecolor="0.6", linewidth=0)
            )
