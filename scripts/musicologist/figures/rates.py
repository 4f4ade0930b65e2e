"""Accuracy, true positive and true negative rate of one concept's probes, as the original study drew them."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from musicologist.figures import canvas
from musicologist.figures.axes import level_axis, step_axis
from musicologist.figures.canvas import SIGNAL_NAMES
from musicologist.figures.legends import legend_above
from musicologist.figures.styles import Style, of_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]

_RATES: dict[str, dict[str, Any]] = {
    "accuracy": {"color": "black", "marker": "o", "label": "accuracy"},
    "tpr": {"color": "#0072B2", "marker": "^", "label": "true positive rate"},
    "tnr": {"color": "#E69F00", "marker": "v", "label": "true negative rate"},
}


def rates(
    rows: Rows,
    reports: Mapping[str, Any],
    note: str,
    styles: Mapping[str, Style] | None = None,
    width: float | None = None,
) -> "Figure":
    """The three rates over the kept levels, a row of panels for each signal and a column for each classifier.

    ``rows`` are those of emergence.csv, with a ``warning`` where there is one, ``reports`` the probes' own by classifier,
    ``styles`` the classifiers' by name, ``width`` is in inches, None for a screen's. Beside the rates stand the accuracy on
    held-out notes and that of always saying what most prompts are.
    """
    styles = styles or of_rows(rows)
    signals = canvas.signals_of(rows)
    curved = len({row["step"] for row in rows}) > 1
    width, doubts = width or 1.2 + 3.9 * len(styles), canvas.doubts(rows)
    counts = (
        f"{rows[0]['n_pos_prompts']} prompts with and {rows[0]['n_neg_prompts']} without the concept; {rows[0]['n_pos']} and "
        f"{rows[0]['n_neg']} clips. The probes' own threshold, learnt on notes: where it does not carry over to "
        "music, the rates stand still although the concept can be told apart (the figure of its emergence)."
    )
    lines = canvas.caption([counts, note], width)
    figure = canvas.new_figure(width, 1.5 + 2.4 * len(signals) + canvas.height_of(lines))
    grid = figure.add_gridspec(1 + len(signals), len(styles), height_ratios=[0.001, *[1] * len(signals)])
    legend = figure.add_subplot(grid[0, :])
    for down, signal in enumerate(signals):
        for across, (classifier, style) in enumerate(styles.items()):
            axis = figure.add_subplot(grid[1 + down, across])
            mine = [row for row in rows if (row["signal"], row["classifier"]) == (signal, classifier)]
            _panel(axis, mine, reports.get(classifier))
            title = f"{style.label}, {SIGNAL_NAMES[signal]}" if curved else style.label
            axis.set_title(textwrap.fill(title, int(13 * (width - 0.8) / len(styles))), fontsize=8.5)
            axis.set_ylim(-0.02, 1.02)
            axis.tick_params(labelsize=7.5)
            if doubts:
                canvas.hatch(axis, 0, 0, 1, 1, transform=axis.transAxes, edgecolor="0.85", zorder=0.5)
            if not across:
                axis.set_ylabel("share of clips (95 %)", fontsize=8.5)
            if not curved:
                continue
            if not down:
                step_axis(axis, rows)
            level_axis(axis, rows)
            if signal != signals[-1]:
                axis.set_xlabel("")
    legend_above(legend, figure)
    canvas.explain(figure, f"Accuracy and rates of “{canvas.title_of(rows[0]['concept'])}”", lines, doubts)
    return figure


def _panel(axis: "Axes", rows: Rows, report: Mapping[str, Any] | None) -> None:
    decibels = [row["log_snr_db"] for row in rows]
    if len(rows) == 1:
        _bars(axis, rows[0])
    for name, look in _RATES.items() if len(rows) > 1 else ():
        axis.plot(decibels, [row[name] for row in rows], ms=4, linewidth=1.3, **look)
        low, high = ([row[f"{name}_{end}"] for row in rows] for end in ("low", "high"))
        axis.fill_between(decibels, low, high, color=look["color"], alpha=0.12, linewidth=0)
    axis.axhline(rows[0]["majority"], color="0.45", linestyle=":", linewidth=1, label="always the more frequent answer")
    if report is not None:
        axis.axhline(
            report["held_out"]["accuracy"], color="0.2", linestyle="--", linewidth=1, label="accuracy on held-out notes"
        )


def _bars(axis: "Axes", row: Mapping[str, Any]) -> None:
    """The rates of the only level as bars with their intervals."""
    for place, (name, look) in enumerate(_RATES.items()):
        axis.bar([place], [row[name]], width=0.6, color=look["color"], alpha=0.75, label=look["label"])
        axis.vlines([place], [row[f"{name}_low"]], [row[f"{name}_high"]], color="black", linewidth=1.4)
    axis.set_xticks([])
