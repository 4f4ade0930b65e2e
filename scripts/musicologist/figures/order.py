"""In which order concepts emerge."""

import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.figures import atlas
from musicologist.figures.atlas import Rows
from musicologist.figures.canvas import SIGNAL_NAMES, Style, level_label, new_figure, of_classifiers, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def order(rows: Rows, found: Mapping[str, Any], note: str, styles: Mapping[str, Style] | None = None) -> "Figure":
    """For each signal: sigma50 of the concepts that emerged, by classifier with 95 % intervals, and P(row before column).

    ``rows`` are those of atlas.csv, ``found`` is order.json, ``styles`` are the classifiers' by name. The matrix is that of the
    first classifier.
    """
    styles = styles or of_classifiers(dict.fromkeys(row["classifier"] for row in rows))
    signals = atlas._signals(rows)
    listed = {
        signal: [concept for concept in atlas.ordered(rows, signal, "roc_auc") if _last(rows, signal, concept)]
        for signal in signals
    }
    most = max(3, *(len(concepts) for concepts in listed.values()))
    figure = new_figure(9.6, 1.6 + len(signals) * (1.1 + 0.2 * most))
    axes = figure.subplots(len(signals), 2, squeeze=False, width_ratios=[1.25, 1])
    for (left, right), signal in zip(axes, signals, strict=True):
        _landmarks(left, rows, signal, listed[signal], styles)
        orders = [entry for entry in found["orders"] if entry["signal"] == signal]
        orders.sort(key=lambda entry: list(styles).index(entry["classifier"]))
        own = {
            row["concept"]
            for concept in listed[signal]
            for row in _last(rows, signal, concept, orders[0]["classifier"])
        }
        image = _precedence(right, orders[0], own)
        left.set_title(f"{SIGNAL_NAMES[signal]}: {_agreement(found, signal)}", fontsize=9, loc="left")
        right.set_title(f"P(row before column), {orders[0]['classifier']}", fontsize=9)
    bar = figure.colorbar(image, ax=axes[0, 1], shrink=0.7, pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[operator]  # its stub says spine
    if any(listed.values()):
        handles = next(axis for axis in axes[:, 0] if axis.get_legend_handles_labels()[0])
        figure.legend(
            *handles.get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False, fontsize=8
        )
    figure.suptitle("In which order do concepts emerge?", fontsize=12, x=0.02, ha="left")
    legend = (
        "Only concepts with a rise of their own (95 %) in a curve with q ≤ 0.05 have a place. Bars: 95 % over prompts."
    )
    figure.supxlabel("\n".join([legend, *textwrap.wrap(note, 130)]), fontsize=7, color="0.3")
    return figure


def _last(rows: Rows, signal: str, concept: str, classifier: str | None = None) -> Rows:
    """The last level's rows of the concept's curves that have a sigma50."""
    mine = [row for row in rows if (row["signal"], row["concept"]) == (signal, concept)]
    end = [row for row in mine if row["step"] == mine[-1]["step"] and np.isfinite(row["half_rise_sigma"])]
    return [row for row in end if classifier in (None, row["classifier"])]


def _landmarks(axis: "Axes", rows: Rows, signal: str, concepts: Sequence[str], styles: Mapping[str, Style]) -> None:
    levels = [row["log_snr_db"] for row in rows if row["signal"] == signal]
    apart = min(0.24, 0.6 / len(styles))
    for number, (classifier, shown) in enumerate(styles.items()):
        style: dict[str, Any] = {"color": shown.colour, "marker": shown.mark, "ms": 4, "label": shown.label}
        for place, concept in enumerate(concepts):
            for row in _last(rows, signal, concept):
                if row["classifier"] != classifier:
                    continue
                ends = [noise_levels.log_snr_db(row[f"half_rise_sigma{end}"]) for end in ("_high", "", "_low")]
                height = place + apart * (number - (len(styles) - 1) / 2)
                axis.plot([ends[0], ends[2]], [height] * 2, color=style["color"], linewidth=1.2)
                axis.plot([ends[1]], [height], linestyle="", **style)
                style["label"] = None
    axis.set_yticks(range(len(concepts)), [title_of(concept) for concept in concepts], fontsize=7)
    axis.set_ylim(max(len(concepts), 1) - 0.5, -0.5)
    low, high = min(levels), max(levels)
    axis.set_xlim(low - 1, high + 1)
    ticks = np.arange(10 * np.ceil(low / 10 - 0.05), high + 0.5, 10)
    axis.set_xticks(ticks, [level_label(db, sep="\n") for db in ticks], fontsize=8)
    axis.set_xlabel("log-SNR in dB at half of the rise, sigma below")
    axis.grid(axis="y", color="0.93", linewidth=0.6)
    if not concepts:
        axis.text(0.5, 0.5, "no concept has a place in an order", transform=axis.transAxes, ha="center", color="0.3")


def _precedence(axis: "Axes", entry: Mapping[str, Any], concepts: Collection[str]) -> Any:
    names = [row["concept"] for row in entry["concepts"]]
    shown = [name for name in names if name in concepts]
    index = [names.index(concept) for concept in shown]
    before = np.array(entry["before"], float).reshape(len(names), len(names))[np.ix_(index, index)]
    image = axis.imshow(before if shown else [[np.nan]], cmap="PuOr_r", vmin=0, vmax=1, interpolation="nearest")
    axis.set_visible(bool(shown))
    axis.set_xticks(range(len(shown)), [title_of(concept) for concept in shown], fontsize=6, rotation=90)
    axis.set_yticks(range(len(shown)), [title_of(concept) for concept in shown], fontsize=6)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return image


def _agreement(found: Mapping[str, Any], signal: str) -> str:
    """How much the first two probes that can be compared agree; they are named where there are more."""
    pairs = [entry for entry in found["agreement"] if entry["signal"] == signal and entry["tau_b"] is not None]
    for entry in pairs:
        named = f"{entry['first']} and {entry['second']}" if len(pairs) > 1 else "the probes"
        return f"Kendall tau-b of {named} {entry['tau_b']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}]"
    return "no two probes to compare"
