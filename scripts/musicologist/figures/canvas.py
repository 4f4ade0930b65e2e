"""What all figures share: sizes, colours, names, the axis of noise levels. Deterministic, and legible to the colour-blind.

The axis is the noise level, in dB of log-SNR and as sigma; steps, which depend on the schedule, stand on a second axis."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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


def save(figure: "Figure", path: str | Path, dpi: int = 150) -> None:
    """Write a PNG atomically; the same figure gives the same bytes."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dpi, metadata={"Software": None})


def title_of(concept: str) -> str:
    """A concept's name for people: is_synth_lead is "synth lead"."""
    return concept.removeprefix("is_").replace("_", " ")


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


_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe and Ito 2008
_MARKS = "os^vP<>"  # not those that mean something else in a figure: the diamond and the cross


@dataclass(frozen=True)
class Style:
    """How figures show a classifier: its name in legends, its colour, and matplotlib's name of its mark."""

    label: str
    colour: str
    mark: str


def of_classifiers(classifiers: Iterable[str], given: Iterable[Sequence[str]] = ()) -> dict[str, Style]:
    """The style of each classifier by name. ``given`` are (name, label, colour, mark).

    What is empty there, or not given at all, is the name itself or the first of a cycle that no other has.
    """
    own = {name: (label, colour, mark) for name, label, colour, mark in given}
    colours, marks = (
        cycle([value for value in values if value not in {style[part] for style in own.values()}] or values)
        for part, values in ((1, _COLOURS), (2, _MARKS))
    )
    found = {}
    for name in classifiers:
        label, colour, mark = own.get(name, ("", "", ""))
        found[name] = Style(label or name, colour or next(colours), mark or next(marks))
    return found
