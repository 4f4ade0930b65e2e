"""How far each kept level moves the embeddings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from musicologist.figures import canvas
from musicologist.figures.axes import noise_axis
from musicologist.figures.canvas import SIGNAL_NAMES
from musicologist.figures.legends import legend_above
from musicologist.figures.styles import SIGNAL_COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINES = {"denoised": "-", "unguided": "--", "noisy": "-."}
_LEGEND = (
    "Mean over clips, band from the 10th to the 90th percentile. High where a level changes what the embedder hears, low where "
    "it leaves it as it is; a distance grows with how far apart two kept levels are, so compare signals at one level."
)


def distances(found: Mapping[str, Sequence[Mapping[str, Any]]], note: str, width: float | None = None) -> "Figure":
    """L1, L2 and cosine distance between the embeddings of successive kept levels: mean over clips, 10 to 90 % as a band.

    ``found`` holds for each signal one row a pair of levels: ``step`` and ``log_snr_db`` (of the later one) and, by distance,
    (low, mean, high); ``width`` is in inches, None for a screen's.
    """
    width = width or 9.6
    across = 3 if width > 5 else 1
    lines = canvas.caption([_LEGEND, note], width)
    figure = canvas.new_figure(width, 0.9 + 2.7 * 3 / across + canvas.height_of(lines))
    grid = figure.add_gridspec(1 + 3 // across, across, height_ratios=[0.001, *[1] * (3 // across)])
    legend = figure.add_subplot(grid[0, :])
    for number, (name, label) in enumerate({"l1": "L1", "l2": "L2", "cosine": "cosine"}.items()):
        axis = figure.add_subplot(grid[1 + number // across, number % across])
        for signal, rows in found.items():
            levels = [row["log_snr_db"] for row in rows]
            low, mean, high = zip(*(row[name] for row in rows), strict=True)
            line: dict[str, Any] = {"color": SIGNAL_COLOURS[signal], "linestyle": _LINES[signal]}
            axis.plot(levels, mean, marker="o", ms=3.5, label=SIGNAL_NAMES[signal], **line)
            axis.fill_between(levels, low, high, color=SIGNAL_COLOURS[signal], alpha=0.2, linewidth=0)
        axis.set_title(f"{label} distance", fontsize=9.5)
        axis.set_ylim(bottom=0)
        axis.tick_params(labelsize=7.5)
        noise_axis(axis, [row for rows in found.values() for row in rows])
        if not number % across:
            axis.set_ylabel("from the kept level before", fontsize=8.5)
    legend_above(legend, figure)
    canvas.explain(figure, "How far each level moves a clip's embedding", lines)
    return figure
