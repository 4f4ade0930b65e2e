"""The point cloud moving: notes and generated clips in the plane of the notes' two main components, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core.files import atomic_path
from musicologist.figures import canvas
from musicologist.figures.canvas import SIGNAL_NAMES, title_of
from musicologist.figures.legends import legend_above
from musicologist.statistics.components import components

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GRID = 40  # points a side at which the probe is asked where its boundary runs
_INKS = {"without": "#8C8C8C", "with": "#56B4E9", "not asked": "#444444", "asked": "#D55E00"}
_SHOWN = 3
"""Levels that the still picture has: the first, the last and one between."""


@dataclass(frozen=True)
class Frame:
    """The embeddings (clips, size) of clips whose prompts ask for the concept, and of those whose prompts do not, at a step."""

    signal: str
    step: int
    sigma: float
    log_snr_db: float
    positive: np.ndarray
    negative: np.ndarray


class Plane:
    """The plane of the two main components of the notes, fitted once and kept."""

    def __init__(self, notes: np.ndarray, labels: np.ndarray, probe: Any, frames: Sequence[Frame]) -> None:
        """Fit it to ``notes`` (n, size) with their ``labels``; ``probe`` is asked where its boundary cuts the plane."""
        self._components = components(notes, 2)
        self._labels, self._points = labels, self._components.transform(notes)
        clips = [self.place(frame.positive) for frame in frames]
        low, high = (end(np.concatenate([self._points, *clips]), axis=0) for end in (np.min, np.max))
        self._limits = low - 0.06 * (high - low), high + 0.06 * (high - low)
        (left, bottom), (right, top) = self._limits
        self._x, self._y = np.meshgrid(np.linspace(left, right, _GRID), np.linspace(bottom, top, _GRID))
        grid = self._components.inverse_transform(np.column_stack([self._x.ravel(), self._y.ravel()]))
        self._decision = probe.decision_function(grid.astype(np.float32)).reshape(self._x.shape)

    @property
    def shares(self) -> tuple[float, float]:
        """The two components' shares of the notes' variance."""
        first, second = self._components.shares
        return float(first), float(second)

    def place(self, embedding: np.ndarray) -> np.ndarray:
        """Where embeddings (n, size) lie, (n, 2)."""
        return self._components.transform(embedding) if len(embedding) else np.empty((0, 2))

    def draw(self, axis: "Axes") -> tuple[Any, Any]:
        """Draw what does not move; returns the artists of the clips without and with the concept."""
        (left, bottom), (right, top) = self._limits
        if self._decision.min() < 0 < self._decision.max():
            line: dict[str, Any] = {"colors": "0.25", "linewidths": 1, "linestyles": "--"}
            axis.contour(self._x, self._y, self._decision, levels=[0], **line)
        axis.plot([], [], color="0.25", linewidth=1, linestyle="--", label="the probe's boundary in this plane")
        hollow: dict[str, Any] = {"facecolors": "none", "edgecolors": _INKS["without"], "linewidths": 0.8}
        x, y = self._points[self._labels == 0].T
        axis.scatter(x, y, s=12, label="notes without the concept", **hollow)
        x, y = self._points[self._labels == 1].T
        axis.scatter(x, y, s=12, color=_INKS["with"], linewidths=0, label="notes with it")
        crossed: dict[str, Any] = {"marker": "x", "color": _INKS["not asked"], "linewidths": 0.9}
        without = axis.scatter([], [], s=16, label="generated, not asked for", **crossed)
        ringed: dict[str, Any] = {"color": _INKS["asked"], "edgecolor": "white", "linewidths": 0.4}
        asked = axis.scatter([], [], s=24, label="generated, asked for", **ringed)
        axis.set_xlim(left, right)
        axis.set_ylim(bottom, top)
        axis.tick_params(labelsize=7.5)
        return without, asked


def animate(concept: str, plane: Plane, frames: Sequence[Frame], note: str, frame_ms: int, path: str | Path) -> None:
    """Write a GIF with a panel for each signal and a frame for each step; the same input gives the same bytes."""
    from PIL import Image

    signals, curved = _signals(frames), len({frame.step for frame in frames}) > 1
    width = max(4.3 * len(signals), 5.0)
    lines = canvas.caption([_about(plane), note], width)
    figure = canvas.new_figure(width, 4.9 + canvas.height_of(lines))
    grid = figure.add_gridspec(2, len(signals), height_ratios=[0.001, 1])
    legend = figure.add_subplot(grid[0, :])
    axes = {signal: figure.add_subplot(grid[1, place]) for place, signal in enumerate(signals)}
    moving = {signal: plane.draw(axis) for signal, axis in axes.items()}
    for signal, axis in axes.items():
        axis.set_title(SIGNAL_NAMES[signal], fontsize=9.5)
        axis.set_xlabel(f"first component ({plane.shares[0]:.0%} of the notes' variance)", fontsize=8.5)
    axes[signals[0]].set_ylabel(f"second component ({plane.shares[1]:.0%})", fontsize=8.5)
    legend_above(legend, figure)
    canvas.explain(figure, " ", lines)
    title = figure.suptitle(" ", x=0.02, ha="left")
    canvas.lay_out(figure)
    title.set_visible(False)
    agg: Any = figure.canvas
    agg.draw()
    still = agg.copy_from_bbox(figure.bbox)  # what does not move is drawn once
    pictures = []
    title.set_visible(True)
    for step in sorted({frame.step for frame in frames}):
        agg.restore_region(still)
        for frame in (frame for frame in frames if frame.step == step):
            _move(moving[frame.signal], plane, frame)
            for artist in moving[frame.signal]:
                axes[frame.signal].draw_artist(artist)
            title.set_text(f"“{title_of(concept)}”" + (f" at {_level(frame)}, step {step}" if curved else ""))
        figure.draw_artist(title)
        pictures.append(Image.fromarray(np.asarray(agg.buffer_rgba())[..., :3].copy()))
    palette = _palette()
    pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [frame_ms] * (len(pictures) - 1) + [3 * frame_ms]
    frames_of_file: dict[str, Any] = {"append_images": pictures[1:], "duration": durations}
    with atomic_path(path) as temporary:
        pictures[0].save(temporary, format="GIF", save_all=True, loop=0, optimize=False, **frames_of_file)


def still(concept: str, plane: Plane, frames: Sequence[Frame], note: str, width: float | None = None) -> "Figure":
    """The cloud at the first, a middle and the last level, a row of panels for each signal; ``width`` is in inches."""
    signals, steps = _signals(frames), sorted({frame.step for frame in frames})
    shown = [steps[round(place)] for place in np.linspace(0, len(steps) - 1, min(_SHOWN, len(steps)))]
    width = width or 9.0
    lines = canvas.caption([_about(plane), note], width)
    side = (width - 0.6) / len(shown)
    figure = canvas.new_figure(width, 1.1 + (0.9 * min(side, 3.2) + 0.35) * len(signals) + canvas.height_of(lines))
    grid = figure.add_gridspec(1 + len(signals), len(shown), height_ratios=[0.001, *[1] * len(signals)])
    legend = figure.add_subplot(grid[0, :])
    for frame in (frame for frame in frames if frame.step in shown):
        row, column = signals.index(frame.signal), shown.index(frame.step)
        axis = figure.add_subplot(grid[1 + row, column])
        _move(plane.draw(axis), plane, frame)
        axis.tick_params(labelleft=not column, labelbottom=row == len(signals) - 1)
        if not row and len(steps) > 1:
            axis.set_title(_level(frame).replace(" (", "\n("), fontsize=8.5)
        if not column:
            axis.set_ylabel(SIGNAL_NAMES[frame.signal] if len(steps) > 1 else "", fontsize=8.5)
    legend_above(legend, figure)
    canvas.explain(figure, f"Clips among notes: “{title_of(concept)}”", lines)
    return figure


def _signals(frames: Sequence[Frame]) -> list[str]:
    return [signal for signal in SIGNAL_NAMES if any(frame.signal == signal for frame in frames)]


def _level(frame: Frame) -> str:
    return f"log-SNR {canvas.level_label(frame.log_snr_db, sep=' dB (sigma ')})"


def _about(plane: Plane) -> str:
    return (
        f"The plane of the notes' two main components, which hold {sum(plane.shares):.0%} of their variance: what is apart in "
        "other directions, as the probe sees it, may lie together here."
    )


def _move(artists: tuple[Any, Any], plane: Plane, frame: Frame) -> None:
    for artist, clips in zip(artists, (frame.negative, frame.positive), strict=True):
        artist.set_offsets(plane.place(clips))


def _palette() -> Any:
    """The colours of the animation: each ink in steps to white, so that no number of points decides which colours there are."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    inks = [np.array(to_rgb(ink)) for ink in _INKS.values()]
    shades = [1 - share * (1 - ink) for ink in (np.zeros(3), *inks) for share in np.linspace(0, 1, 17)]
    picture = Image.new("P", (1, 1))
    picture.putpalette(np.round(255 * np.array(shades)).astype(int).ravel().tolist())
    return picture
