"""The point cloud moving: notes and generated clips in the plane of the notes' two main components, step by step."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core.files import atomic_path
from musicologist.figures.canvas import SIGNAL_NAMES, new_figure, title_of
from musicologist.statistics.components import Components, components

_GRID = 40  # points a side at which the probe is asked where its boundary runs


@dataclass(frozen=True)
class Frame:
    """The embeddings (clips, 512) of clips whose prompts ask for the concept, and of those whose prompts do not, at a step."""

    signal: str
    step: int
    sigma: float
    log_snr_db: float
    positive: np.ndarray
    negative: np.ndarray


def animate(
    concept: str,
    notes: np.ndarray,
    labels: np.ndarray,
    probe: Any,
    frames: Sequence[Frame],
    note: str,
    frame_ms: int,
    path: str | Path,
) -> None:
    """Write a GIF with a panel for each signal and a frame for each step.

    One PCA is fitted, on the notes (n, 512), and stays. The boundary is the probe's, drawn where it cuts that plane. The same
    input gives the same bytes.
    """
    from PIL import Image

    pca = components(notes, 2)
    signals = [signal for signal in SIGNAL_NAMES if any(frame.signal == signal for frame in frames)]
    steps = sorted({frame.step for frame in frames})
    figure = new_figure(4.3 * len(signals), 4.6)
    axes = figure.subplots(1, len(signals), sharex=True, sharey=True, squeeze=False)[0]
    points = pca.transform(notes)
    limits = _limits(
        np.concatenate([points, *(pca.transform(frame.positive) for frame in frames if len(frame.positive))])
    )
    boundary = _boundary(pca, probe, limits)
    moving = {
        signal: _panel(axis, signal, points, labels, pca, boundary, limits)
        for axis, signal in zip(axes, signals, strict=True)
    }
    axes[0].set_ylabel(f"second component ({pca.shares[1]:.0%} of the notes' variance)")
    title = figure.suptitle(" ", x=0.02, ha="left")
    handles, names = axes[0].get_legend_handles_labels()
    legend = figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    # As its title, for the layout would put a label of the figure on top of the legend.
    legend.set_title("\n".join(textwrap.wrap(note, 110)), prop={"size": 6.5})  # type: ignore[arg-type]  # its stub is too narrow
    legend.get_title().set(color="0.3", multialignment="center")
    pictures = []
    for step in steps:
        for frame in (frame for frame in frames if frame.step == step):
            for artist, clips in zip(moving[frame.signal], (frame.negative, frame.positive), strict=True):
                artist.set_offsets(pca.transform(clips) if len(clips) else np.empty((0, 2)))
            title.set_text(
                f"“{title_of(concept)}” at log-SNR {frame.log_snr_db:+.0f} dB (sigma {frame.sigma:.3g}, step {step})"
            )
        figure.canvas.draw()
        if step == steps[0]:
            figure.set_layout_engine("none")
        drawn = figure.canvas.buffer_rgba()  # type: ignore[attr-defined]  # the canvas is Agg's
        pictures.append(Image.fromarray(np.asarray(drawn)[..., :3].copy()))
    palette = pictures[-1].quantize(64, dither=Image.Dither.NONE)
    pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [frame_ms] * (len(pictures) - 1) + [3 * frame_ms]
    with atomic_path(path) as temporary:
        pictures[0].save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=pictures[1:],
            duration=durations,
            loop=0,
            optimize=False,
        )


def _limits(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = points.min(0), points.max(0)
    margin = 0.06 * (high - low)
    return low - margin, high + margin


def _boundary(pca: Components, probe: Any, limits: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The probe's decision values on a grid in the plane: x, y and values, each (_GRID, _GRID)."""
    (left, bottom), (right, top) = limits
    x, y = np.meshgrid(np.linspace(left, right, _GRID), np.linspace(bottom, top, _GRID))
    plane = pca.inverse_transform(np.column_stack([x.ravel(), y.ravel()]))
    return x, y, probe.decision_function(plane.astype(np.float32)).reshape(x.shape)


def _panel(
    axis: Any, signal: str, points: np.ndarray, labels: np.ndarray, pca: Components, boundary: tuple, limits: tuple
) -> tuple[Any, Any]:
    """Draw what does not move; returns the artists of the clips without and with the concept."""
    (left, bottom), (right, top) = limits
    x, y, decision = boundary
    if decision.min() < 0 < decision.max():
        axis.contour(x, y, decision, levels=[0], colors="0.25", linewidths=1, linestyles="--")
    marks = {"s": 7, "linewidths": 0, "alpha": 0.45}
    axis.scatter(*points[labels == 0].T, color="#BBBBBB", label="notes without the concept", **marks)
    axis.scatter(*points[labels == 1].T, color="#56B4E9", label="notes with it", **marks)
    without = axis.scatter([], [], s=14, marker="x", color="#555555", linewidths=0.8, label="generated, not asked for")
    asked = axis.scatter(
        [], [], s=20, marker="o", color="#D55E00", edgecolor="white", linewidths=0.4, label="generated, asked for"
    )
    axis.plot([], [], color="0.25", linewidth=1, linestyle="--", label="the probe's boundary in this plane")
    axis.set_title(SIGNAL_NAMES[signal], fontsize=10)
    axis.set_xlabel(f"first component ({pca.shares[0]:.0%})")
    axis.set_xlim(left, right)
    axis.set_ylim(bottom, top)
    return without, asked
