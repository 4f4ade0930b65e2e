"""In which order concepts emerge."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.figures import atlas
from musicologist.figures.atlas import Rows
from musicologist.figures.canvas import SIGNAL_NAMES, doubts, hatch, level_label, new_figure, title_of
from musicologist.figures.styles import Style, of_classifiers
from musicologist.statistics.outcomes import FROM_THE_START, UNRESOLVED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D


def order(rows: Rows, found: Mapping[str, Any], note: str, styles: Mapping[str, Style] | None = None) -> "Figure":
    """For each signal: when the concepts are there, by classifier with 95 % intervals, and P(row before column).

    ``rows`` are those of atlas.csv, ``found`` is order.json, ``styles`` are the classifiers' by name. The matrix is that of the
    first classifier.
    """
    styles = styles or of_classifiers(dict.fromkeys(row["classifier"] for row in rows))
    signals = atlas._signals(rows)
    placed = {(one["classifier"], one["signal"]): one for one in found["orders"]}
    listed = {
        signal: [
            concept
            for concept in atlas.ordered(rows, signal, "roc_auc")
            if any(_place(placed, classifier, signal, concept) for classifier in styles)
        ]
        for signal in signals
    }
    most = max(3, *(len(concepts) for concepts in listed.values()))
    figure = new_figure(10.6, 1.9 + len(signals) * (1.1 + 0.2 * most))
    axes = figure.subplots(len(signals), 2, squeeze=False, width_ratios=[1.25, 1])
    for (left, right), signal in zip(axes, signals, strict=True):
        mine = [row for row in rows if row["signal"] == signal]
        _landmarks(left, mine, placed, listed[signal], styles)
        first = next(classifier for classifier in styles if (classifier, signal) in placed)
        image = _precedence(right, placed[first, signal])
        left.set_title(f"{SIGNAL_NAMES[signal]}: {_agreement(found, signal)}", fontsize=9, loc="left")
        right.set_title(f"P(row before column), {first}", fontsize=9)
    bar = figure.colorbar(image, ax=axes[0, 1], shrink=0.7, pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[operator]  # its stub says spine
    if any(listed.values()):
        figure.legend(handles=_legend(styles), loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    figure.suptitle("In which order do concepts emerge?", fontsize=12, x=0.02, ha="left")
    legend = (
        "Where half of the final excess over .5 has come, censored at the first level; only curves with q ≤ 0.05 are shown. "
        "Bars: 95 % over prompts. Filled: emerged. Triangle: there from the start, so at this noise or above. Hollow: present, "
        "start unresolved, so without a place in the order. Cross: falls on its way by more than its error. Hatched: in "
        "doubt, for what stands behind its name."
    )
    figure.supxlabel("\n".join([*textwrap.wrap(legend, 170), *textwrap.wrap(note, 150)]), fontsize=7, color="0.3")
    return figure


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
) -> None:
    """When the ``concepts`` are there; ``rows`` are those of one signal."""
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
        names.append(f"{title_of(concept)} ({words})" if words else title_of(concept))
        if words:
            hatch(axis, limits[0], place - 0.5, limits[1] - limits[0], 1, edgecolor="0.85", zorder=0)
    axis.set_yticks(range(len(concepts)), names, fontsize=7)
    axis.set_ylim(max(len(concepts), 1) - 0.5, -0.5)
    axis.set_xlim(*limits)
    ticks = np.arange(10 * np.ceil(low / 10 - 0.05), high + 0.5, 10)
    axis.set_xticks(ticks, [level_label(db, sep="\n") for db in ticks], fontsize=8)
    axis.set_xlabel("log-SNR in dB at half of the excess, sigma below")
    axis.grid(axis="y", color="0.93", linewidth=0.6)
    if not concepts:
        axis.text(0.5, 0.5, "no concept has a place in an order", transform=axis.transAxes, ha="center", color="0.3")


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


def _legend(styles: Mapping[str, Style]) -> "list[Line2D]":
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=one.colour, marker=one.mark, ms=4, linewidth=1.2, label=one.label)
        for one in styles.values()
    ]


def _precedence(axis: "Axes", entry: Mapping[str, Any]) -> Any:
    names = [row["concept"] for row in entry["concepts"]]
    before = np.array(entry["before"], float).reshape(len(names), len(names))
    image = axis.imshow(before if names else [[np.nan]], cmap="PuOr_r", vmin=0, vmax=1, interpolation="nearest")
    axis.set_visible(bool(names))
    axis.set_xticks(range(len(names)), [title_of(concept) for concept in names], fontsize=6, rotation=90)
    axis.set_yticks(range(len(names)), [title_of(concept) for concept in names], fontsize=6)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return image


def _agreement(found: Mapping[str, Any], signal: str) -> str:
    """How much the first two probes that can be compared agree; they are named where there are more."""
    pairs = [entry for entry in found["agreement"] if entry["signal"] == signal and entry["tau_b"] is not None]
    for entry in pairs:
        named = f"{entry['first']} and {entry['second']}" if len(pairs) > 1 else "the probes"
        return f"Kendall tau-b of {named} {entry['tau_b']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}]"
    return "no two orders to compare"
