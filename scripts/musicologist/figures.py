"""Figures: emergence curves, the atlas, and distances between levels. Deterministic, and legible to the colour-blind.

The axis is the noise level, in dB of log-SNR and as sigma; steps, which depend on the schedule, stand on a second axis.
"""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist import control_marks, null_marks
from musicologist.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"logistic": "#0072B2", "svm": "#D55E00"}  # Okabe and Ito 2008
SIGNAL_NAMES = {"denoised": "x0 estimate (denoised)", "noisy": "noisy state"}
METRIC_NAMES = {
    "roc_auc": "ROC-AUC",
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
    "accuracy": "accuracy",
}
USABLE = 5
"""With fewer positive or negative prompts than this a concept is greyed out in the atlas and counts in no mean."""


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of this size in inches, without pyplot's global state."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: "Figure", path: str | Path, dpi: int) -> None:
    """Write a PNG atomically; the same figure gives the same bytes."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dpi, metadata={"Software": None})


def title_of(concept: str) -> str:
    """A concept's name for people: is_synth_lead is "synth lead"."""
    return concept.removeprefix("is_").replace("_", " ")


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
    figure = new_figure(4.4 * len(signals) + 0.4, 5.2)
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
        noise_axis(axis, [row for row in rows if row["signal"] == signal])
    axes[0].set_ylabel(f"{METRIC_NAMES[metric]} of prompts (95 % interval)")
    axes[0].set_ylim(*_limits(rows, metric))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    figure.suptitle(f"When does “{title_of(rows[0]['concept'])}” emerge?", fontsize=12, x=0.02, ha="left")
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


def noise_axis(axis: "Axes", rows: Sequence[Mapping[str, Any]]) -> None:
    """Label an axis over log-SNR in dB with dB and sigma below, and with the steps of ``rows`` on a second axis above."""
    steps = {row["step"]: row["log_snr_db"] for row in rows}
    low, high = min(steps.values()), max(steps.values())
    spacing = 10 if high - low <= 70 else 20
    ticks = np.arange(spacing * np.ceil(low / spacing - 0.05), high + 0.5, spacing)
    axis.set_xticks(ticks, [level_label(db, sep="\n") for db in ticks], fontsize=8)
    axis.set_xlabel("log-SNR in dB, noise level sigma below")
    shown = sorted(steps)[:: max(1, -(-len(steps) // 10))]
    top = axis.secondary_xaxis("top")
    top.set_xticks([steps[step] for step in shown], shown, fontsize=7)
    top.set_xlabel("denoising step (from 0)", fontsize=8)


def level_label(log_snr_db: float, sep: str) -> str:
    """A noise level as log-SNR in dB and sigma, to two digits."""
    sigma = float(f"{10 ** (-log_snr_db / 20):.2g}")
    return f"{log_snr_db:+.0f}".replace("-", "\N{MINUS SIGN}").replace("+0", "0") + f"{sep}{sigma:g}"


def _counts(row: Mapping[str, Any]) -> str:
    prompts = f"{row['n_pos_prompts']} prompts with and {row['n_neg_prompts']} without the concept"
    return f"{prompts}; {row['n_pos']} and {row['n_neg']} clips. Grey dots: chance."


def _held_out(reports: Mapping[str, Any]) -> str:
    parts = [
        f"{name} {report['held_out']['accuracy']:.2f} (ROC-AUC {report['held_out']['roc_auc']:.2f})"
        for name, report in reports.items()
    ]
    return f"Accuracy on notes of held-out instruments: {', '.join(parts)}."


def distances(found: Mapping[str, Sequence[Mapping[str, Any]]], note: str) -> "Figure":
    """L1, L2 and cosine distance between the embeddings of successive kept levels: mean over clips, 10 to 90 % as a band.

    ``found`` holds for each signal one row a pair of levels: ``step`` and ``log_snr_db`` (of the later one) and, by distance,
    (low, mean, high).
    """
    figure = new_figure(9.6, 3.9)
    axes = figure.subplots(1, 3)
    colours = {"denoised": "#009E73", "noisy": "#CC79A7"}
    for axis, (name, label) in zip(axes, {"l1": "L1", "l2": "L2", "cosine": "cosine"}.items(), strict=True):
        for signal, rows in found.items():
            levels = [row["log_snr_db"] for row in rows]
            low, mean, high = zip(*(row[name] for row in rows), strict=True)
            line = {"color": colours[signal], "linestyle": "-" if signal == "denoised" else "--"}
            axis.plot(levels, mean, marker="o", ms=4, label=SIGNAL_NAMES[signal], **line)
            axis.fill_between(levels, low, high, color=colours[signal], alpha=0.15, linewidth=0)
        axis.set_title(f"{label} distance", fontsize=10)
        axis.set_ylim(bottom=0)
        noise_axis(axis, [row for rows in found.values() for row in rows])
    axes[0].set_ylabel("distance from the kept level before")
    axes[0].legend(frameon=False, fontsize=8)
    figure.suptitle(
        "How far each level moves a clip's CLAP embedding: mean over clips, band from the 10th to the 90th percentile"
    )
    figure.supxlabel("\n".join(textwrap.wrap(note, 140)), fontsize=7, color="0.3")
    return figure
