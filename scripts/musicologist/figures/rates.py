"""Accuracy, true positive and true negative rate of one concept's probes, as the original study drew them."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from musicologist.figures import canvas
from musicologist.figures.axes import level_axis, step_axis
from musicologist.figures.canvas import SIGNAL_NAMES
from musicologist.figures.styles import Style, of_classifiers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]

_RATES: dict[str, dict[str, Any]] = {
    "accuracy": {"color": "black", "marker": "o", "label": "accuracy"},
    "tpr": {"color": "#009E73", "marker": "^", "label": "true positive rate"},
    "tnr": {"color": "#CC79A7", "marker": "v", "label": "true negative rate"},
}


def rates(rows: Rows, reports: Mapping[str, Any], note: str, styles: Mapping[str, Style] | None = None) -> "Figure":
    """The three rates over the kept levels, a row of panels for each signal and a column for each classifier.

    ``rows`` are those of emergence.csv, with a ``warning`` where there is one, ``reports`` the probes' own by classifier,
    ``styles`` the classifiers' by name. Beside the rates stand the accuracy on held-out notes and that of always saying what
    most prompts are.
    """
    styles = styles or of_classifiers(dict.fromkeys(row["classifier"] for row in rows))
    signals = [signal for signal in SIGNAL_NAMES if any(row["signal"] == signal for row in rows)]
    figure = canvas.new_figure(1.2 + 3.9 * len(styles), 1.9 + 2.7 * len(signals))
    axes = figure.subplots(len(signals), len(styles), sharex=True, sharey=True, squeeze=False)
    doubts = canvas.doubts(rows)
    for line, signal in zip(axes, signals, strict=True):
        for axis, (classifier, style) in zip(line, styles.items(), strict=True):
            mine = [row for row in rows if (row["signal"], row["classifier"]) == (signal, classifier)]
            _panel(axis, mine, reports.get(classifier))
            axis.set_title(f"{style.label}, {SIGNAL_NAMES[signal]}", fontsize=9)
            if doubts:
                canvas.hatch(axis, 0, 0, 1, 1, transform=axis.transAxes, edgecolor="0.85", zorder=0.5)
        line[0].set_ylabel("share of clips (95 %)")
    for axis in axes[0]:
        step_axis(axis, rows)
    for axis in axes[-1]:
        level_axis(axis, rows)
    axes[0, 0].set_ylim(-0.02, 1.02)
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False, fontsize=8
    )
    title = f"Accuracy and rates of “{canvas.title_of(rows[0]['concept'])}”"
    figure.suptitle(title + (f"\nIn doubt: {doubts}" if doubts else ""), fontsize=12, x=0.02, ha="left")
    counts = (
        f"{rows[0]['n_pos_prompts']} prompts with and {rows[0]['n_neg_prompts']} without the concept; {rows[0]['n_pos']} and "
        f"{rows[0]['n_neg']} clips. The probes' own threshold, learnt on notes: where it does not carry over to "
        "music, the rates stand still although the concept can be told apart (emergence.png)."
    )
    below = textwrap.wrap(counts, int(18 * figure.get_size_inches()[0]))
    figure.supxlabel("\n".join([*below, *textwrap.wrap(note, 120)]), fontsize=7, color="0.3")
    return figure


def _panel(axis: "Axes", rows: Rows, report: Mapping[str, Any] | None) -> None:
    decibels = [row["log_snr_db"] for row in rows]
    for name, look in _RATES.items():
        axis.plot(decibels, [row[name] for row in rows], ms=4, linewidth=1.3, **look)
        low, high = ([row[f"{name}_{end}"] for row in rows] for end in ("low", "high"))
        axis.fill_between(decibels, low, high, color=look["color"], alpha=0.12, linewidth=0)
    axis.axhline(rows[0]["majority"], color="0.45", linestyle=":", linewidth=1, label="always the more frequent answer")
    if report is not None:
        axis.axhline(
            report["held_out"]["accuracy"], color="0.2", linestyle="--", linewidth=1, label="accuracy on held-out notes"
        )
