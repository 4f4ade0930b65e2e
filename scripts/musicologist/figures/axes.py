"""The axis of noise levels, in dB of log-SNR and as sigma; steps, which depend on the schedule, stand on a second axis."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures.canvas import level_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def noise_axis(axis: "Axes", rows: Sequence[Mapping[str, Any]]) -> None:
    """Label an axis over log-SNR in dB with dB and sigma below, and with the steps of ``rows`` on a second axis above."""
    level_axis(axis, rows)
    step_axis(axis, rows)


def level_axis(axis: "Axes", rows: Sequence[Mapping[str, Any]]) -> None:
    """Label an axis over log-SNR in dB with dB and sigma below."""
    decibels = [row["log_snr_db"] for row in rows]
    low, high = min(decibels), max(decibels)
    spacing = 10 if high - low <= 70 else 20
    ticks = np.arange(spacing * np.ceil(low / spacing - 0.05), high + 0.5, spacing)
    axis.set_xticks(ticks, [level_label(db, sep="\n") for db in ticks], fontsize=8)
    axis.set_xlabel("log-SNR in dB, noise level sigma below")


def step_axis(axis: "Axes", rows: Sequence[Mapping[str, Any]]) -> None:
    """Label a second axis, above one over log-SNR in dB, with the steps of ``rows``."""
    steps = {row["step"]: row["log_snr_db"] for row in rows}
    shown = sorted(steps)[:: max(1, -(-len(steps) // 10))]
    top = axis.secondary_xaxis("top")
    top.set_xticks([steps[step] for step in shown], shown, fontsize=7)
    top.set_xlabel("denoising step (from 0)", fontsize=8)
