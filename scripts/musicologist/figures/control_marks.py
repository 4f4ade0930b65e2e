"""How controls are drawn beside a concept's curves, and said in the caption."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rows = Sequence[Mapping[str, Any]]

_STYLES = {
    "deformed": {"linestyle": "-", "linewidth": 0.8, "marker": "x", "ms": 4, "alpha": 0.7},
    "partialled": {"linestyle": (0, (1, 1.5)), "linewidth": 1.3},
}
_NAMES = {
    "deformed": "control: finished clips under noise",
    "partialled": "control: loudness and spectrum partialled out",
}
_BASELINES = {"in_domain": "in-domain probe", "zero_shot": "CLAP's text probe", "handcrafted": "probe of cepstra"}


def draw(axis: "Axes", emergence: Rows, controls: Rows, signal: str, metric: str, colours: Mapping[str, str]) -> None:
    """Draw the deformation control and, for ROC-AUC, the partialled curve of ``signal``, in the colours of their probes.

    ``emergence`` are rows of emergence.csv, ``controls`` of the schema ``controls``.
    """
    curves = {"deformed": [row for row in emergence if row["signal"] == "deformed"], "partialled": []}
    if metric == "roc_auc":
        curves["partialled"] = [row for row in controls if (row["control"], row["signal"]) == ("partialled", signal)]
    for kind, rows in curves.items():
        for number, classifier in enumerate(dict.fromkeys(row["classifier"] for row in rows)):
            mine = [row for row in rows if row["classifier"] == classifier]
            axis.plot(
                [row["log_snr_db"] for row in mine],
                [row[metric] for row in mine],
                color=colours[classifier],
                label=None if number else _NAMES[kind],
                **_STYLES[kind],
            )


def caption(controls: Rows) -> str:
    """The baselines on the finished clips, in a sentence."""
    signal = "denoised" if any(row["signal"] == "denoised" for row in controls) else "noisy"
    rows = sorted((row for row in controls if row["signal"] == signal), key=lambda row: row["step"])
    last = {row["control"]: row["roc_auc"] for row in rows}
    parts = [f"{name} {last[control]:.2f}" for control, name in _BASELINES.items() if control in last]
    return f"ROC-AUC on the finished clips: {', '.join(parts)}."
