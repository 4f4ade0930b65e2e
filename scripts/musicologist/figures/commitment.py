"""The picture of commitment."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures import canvas
from musicologist.figures.axes import noise_axis
from musicologist.figures.canvas import title_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MEASURES = {
    "icc": "share of the decision's variance that is fixed (ICC)",
    "agreement": "pairs of branches on the same side",
}
_CHANCE = {"icc": 0.0, "agreement": 0.5}


def draw(rows: Sequence[Mapping[str, Any]], note: str, width: float | None = None) -> "Figure":
    """Intraclass correlation and pairwise agreement of branches over the level at which they part.

    ``rows`` are those of commitment.csv: a thin line for each concept (mean of its probes), a thick one with its 95 % band over
    all. The concepts that are fixed first and last, by the mean correlation, are named. ``width`` is in inches, None for a
    screen's.
    """
    width = width or 9.6
    overall = [row for row in rows if row["concept"] == "all"]
    concepts = list(dict.fromkeys(row["concept"] for row in rows if row["concept"] != "all"))
    levels = [row["log_snr_db"] for row in overall]
    counts = f"{overall[0]['prompts']:.0f} prompts, {overall[0]['branches']:.0f} branches each"
    counts += ", 95 % interval over prompts. Grey: single concepts. Dotted: nothing in common."
    lines = canvas.caption([counts, note], width)
    across = 2 if width > 5 else 1
    figure = canvas.new_figure(width, 0.6 + 3.2 * 2 / across + canvas.height_of(lines))
    axes = figure.subplots(2 // across, across, squeeze=False).flat
    for axis, (measure, label) in zip(axes, _MEASURES.items(), strict=True):
        curves = {
            name: [
                np.mean([row[measure] for row in rows if (row["concept"], row["step"]) == (name, level["step"])])
                for level in overall
            ]
            for name in concepts
        }
        for curve in curves.values():
            axis.plot(levels, curve, color="0.75", linewidth=0.8)
        order = sorted(curves, key=lambda name: np.nan_to_num(np.mean(curves[name])))
        for name, colour in zip(dict.fromkeys([order[-1], order[0]]), ("#009E73", "#D55E00"), strict=False):
            axis.plot(levels, curves[name], color=colour, linewidth=1.2, label=title_of(name))
        axis.plot(levels, [row[measure] for row in overall], color="#0072B2", marker="o", label="mean of all concepts")
        bounds = [[row[f"{measure}_{end}"] for row in overall] for end in ("low", "high")]
        axis.fill_between(levels, *bounds, color="#0072B2", alpha=0.16, linewidth=0)
        axis.axhline(_CHANCE[measure], color="0.45", linestyle=":", linewidth=1)
        alone = overall[0][f"{measure}_of_prompt"]
        if np.isfinite(alone):
            axis.axhline(alone, color="#009E73", linestyle="--", linewidth=1, label="clips of one prompt")
        axis.set_ylabel(label, fontsize=8)
        axis.tick_params(labelsize=7.5)
        axis.set_ylim(top=1.02)
        noise_axis(axis, overall)
        axis.legend(frameon=False, fontsize=7, loc="lower right")
    canvas.explain(
        figure, "Commitment: continuations of one state with fresh noise, by the level at which they part", lines
    )
    return figure
