"""How far each kept level moves the embeddings."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from musicologist.figures import canvas
from musicologist.figures.axes import noise_axis
from musicologist.figures.canvas import SIGNAL_NAMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def distances(found: Mapping[str, Sequence[Mapping[str, Any]]], note: str) -> "Figure":
    """L1, L2 and cosine distance between the embeddings of successive kept levels: mean over clips, 10 to 90 % as a band.

    ``found`` holds for each signal one row a pair of levels: ``step`` and ``log_snr_db`` (of the later one) and, by distance,
    (low, mean, high).
    """
    figure = canvas.new_figure(9.6, 3.9)
    axes = figure.subplots(1, 3)
    colours = {"denoised": "#009E73", "unguided": "#E69F00", "noisy": "#CC79A7"}
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
