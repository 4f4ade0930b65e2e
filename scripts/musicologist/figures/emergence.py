"""One concept's curves over the kept levels."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures import canvas, control_marks, null_marks
from musicologist.figures.canvas import COLOURS, METRIC_NAMES, SIGNAL_NAMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def emergence(
    rows: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    reports: Mapping[str, Any],
    controls: Sequence[Mapping[str, Any]],
    metric: str,
    note: str,
) -> "Figure":
    """Curves of one concept over the kept levels, a panel for each signal, a band for each 95 % interval.

    ``rows`` are those of emergence.csv, ``summary`` is emergence.json, ``reports`` the probes' own by classifier, ``controls``
    rows of controls.parquet.
    """
    signals = [signal for signal in SIGNAL_NAMES if any(row["signal"] == signal for row in rows)]
    figure = canvas.new_figure(4.4 * len(signals) + 0.4, 5.2)
    axes = figure.subplots(1, len(signals), sharey=True, squeeze=False)[0]
    for axis, signal in zip(axes, signals, strict=True):
        lines = {}
        for classifier in reports:
            mine = [row for row in rows if (row["signal"], row["classifier"]) == (signal, classifier)]
            levels = [row["log_snr_db"] for row in mine]
            style = {"color": COLOURS[classifier], "label": "SVM" if classifier == "svm" else "logistic regression"}
            style |= null_marks.style(mine, metric)
            style |= {"marker": "o" if classifier == "logistic" else "s", "ms": 4}
            (lines[classifier],) = axis.plot(levels, [row[metric] for row in mine], **style)
            bounds = [[row[f"{metric}_{end}"] for row in mine] for end in ("low", "high")]
            axis.fill_between(levels, *bounds, color=COLOURS[classifier], alpha=0.16, linewidth=0)
        null_marks.draw(axis, [row for row in rows if row["signal"] == signal], summary, lines, metric)
        control_marks.draw(axis, rows, controls, signal, metric, COLOURS)
        axis.set_title(SIGNAL_NAMES[signal], fontsize=10)
        axis.axhline(_chance(rows, metric), color="0.45", linestyle=":", linewidth=1)
        canvas.noise_axis(axis, [row for row in rows if row["signal"] == signal])
    axes[0].set_ylabel(f"{METRIC_NAMES[metric]} of prompts (95 % interval)")
    axes[0].set_ylim(*_limits(rows, metric))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    figure.suptitle(f"When does “{canvas.title_of(rows[0]['concept'])}” emerge?", fontsize=12, x=0.02, ha="left")
    caption = [_counts(rows[0]), _held_out(reports), control_marks.caption(controls), *null_marks.caption(metric)]
    figure.supxlabel("\n".join([*caption, *textwrap.wrap(note, 120)]), fontsize=7, color="0.3")
    return figure


def _limits(rows: Sequence[Mapping[str, Any]], metric: str) -> tuple[float, float]:
    lows = [row[f"{metric}_low"] for row in rows if np.isfinite(row[f"{metric}_low"])]
    return min(0.35, *lows, 1.0) - 0.02, 1.02


def _chance(rows: Sequence[Mapping[str, Any]], metric: str) -> float:
    """What guessing reaches: a half, or the majority's or the positives' share."""
    share = rows[0]["n_pos"] / max(1, rows[0]["n_pos"] + rows[0]["n_neg"])
    return {"average_precision": share, "accuracy": max(share, 1 - share)}.get(metric, 0.5)


def _counts(row: Mapping[str, Any]) -> str:
    prompts = f"{row['n_pos_prompts']} prompts with and {row['n_neg_prompts']} without the concept"
    return f"{prompts}; {row['n_pos']} and {row['n_neg']} clips. Grey dots: chance."


def _held_out(reports: Mapping[str, Any]) -> str:
    parts = [
        f"{name} {report['held_out']['accuracy']:.2f} (ROC-AUC {report['held_out']['roc_auc']:.2f})"
        for name, report in reports.items()
    ]
    return f"Accuracy on notes of held-out instruments: {', '.join(parts)}."
