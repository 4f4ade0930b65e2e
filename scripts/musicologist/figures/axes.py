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
    ticks = level_ticks(axis, [row["log_snr_db"] for row in rows])
    axis.set_xticks(ticks, [level_label(db, sep="\n") for db in ticks], fontsize=7)
    wide = _points(axis) > 190
    axis.set_xlabel("log-SNR in dB, noise level sigma below" if wide else "log-SNR in dB,\nsigma below", fontsize=8)


def level_ticks(axis: "Axes", decibels: Sequence[float]) -> np.ndarray:
    """Round levels in dB from the lowest to the highest, as many as there is room for; both ends where none is between."""
    low, high = min(decibels), max(decibels)
    most = max(1.0, _points(axis) / 26)
    spacing = next((one for one in (10, 20, 40) if (high - low) / one <= most), 80)
    ticks = np.arange(spacing * np.ceil(low / spacing - 0.05), high + 0.5, spacing)
    return ticks if len(ticks) else np.unique([low, high])


def step_axis(axis: "Axes", rows: Sequence[Mapping[str, Any]]) -> None:
    """Label a second axis, above one over log-SNR in dB, with the steps of ``rows``."""
    steps = {row["step"]: row["log_snr_db"] for row in rows}
    span = max(steps.values()) - min(steps.values())
    apart = span * max(0.1, 18 / _points(axis))
    shown: list[int] = []
    for step in sorted(steps):
        if not shown or abs(steps[step] - steps[shown[-1]]) >= apart:
            shown.append(step)
    top = axis.secondary_xaxis("top")
    top.set_xticks([steps[step] for step in shown], [str(step) for step in shown], fontsize=7)
    top.set_xlabel("denoising step (from 0)", fontsize=8)


def _points(axis: "Axes") -> float:
    """About how wide an axis is, in points, before the layout is known."""
    figure = axis.get_figure(root=True)
    assert figure is not None
    return float(axis.get_position().width * figure.get_figwidth() * 72)
