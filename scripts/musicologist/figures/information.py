"""The picture of what prompts tell the model, by noise level."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.figures import canvas
from musicologist.figures.axes import noise_axis
from musicologist.statistics import bootstrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOUR = "#0072B2"


def draw(
    rows: Sequence[Mapping[str, Any]], resamples: int, seed: int, note: str, width: float | None = None
) -> "Figure":
    """Nats per unit of log sigma over the noise level, and their sum from the noisiest level on.

    ``rows`` are those of information.parquet. A line is the mean over prompts, a dark band its 95 % interval (bootstrap over
    prompts), a light one the middle half of the prompts. ``width`` is in inches, None for a screen's.
    """
    prompts, levels, density, nats = by_prompt(rows)
    drawn = bootstrap.draws(len(prompts), resamples, seed) / len(prompts)
    panels = {
        "nats per unit of log sigma": density,
        "nats from the noisiest level down to here": np.cumsum(nats, axis=1),
    }
    clips = len({(row["prompt_id"], row["sample"]) for row in rows})
    about = (
        f"{len(prompts)} prompts, {clips} clips, at the guided levels: squared distance of the noise predictions with and "
        "without the prompt, at the guided sampler's states. Line: mean; blue: its 95 % interval over prompts; grey: the "
        "middle half of the prompts."
    )
    width = width or 9.6
    lines = canvas.caption([about, note], width)
    across = 2 if width > 5 else 1
    figure = canvas.new_figure(width, 0.6 + 3.2 * 2 / across + canvas.height_of(lines))
    for axis, (label, values) in zip(
        figure.subplots(2 // across, across, squeeze=False).flat, panels.items(), strict=True
    ):
        place = [level["log_snr_db"] for level in levels]
        quarter, three_quarters = np.percentile(values, [25, 75], axis=0)
        low, high = np.percentile(drawn.T @ values, [2.5, 97.5], axis=0)
        axis.fill_between(place, quarter, three_quarters, color="0.85", linewidth=0)
        axis.fill_between(place, low, high, color=_COLOUR, alpha=0.3, linewidth=0)
        axis.plot(place, values.mean(0), color=_COLOUR, marker="o", ms=3)
        axis.set_ylabel(label, fontsize=8.5)
        axis.tick_params(labelsize=7.5)
        axis.set_ylim(bottom=0)
        noise_axis(axis, levels)
    canvas.explain(figure, "Information: what the prompt tells the model about the clip", lines)
    return figure


def by_prompt(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[list[int], list[Mapping[str, Any]], np.ndarray, np.ndarray]:
    """The prompts, the levels (a row each), and nats per log sigma and nats (prompts, levels), mean over a prompt's clips."""
    levels = {row["step"]: row for row in rows}
    prompts = sorted({row["prompt_id"] for row in rows})
    steps = sorted(levels)
    found = np.zeros((2, len(prompts), len(steps)))
    count = np.zeros((len(prompts), len(steps)))
    places = {prompt: number for number, prompt in enumerate(prompts)}
    for row in rows:
        place = places[row["prompt_id"]], steps.index(row["step"])
        found[(slice(None), *place)] += row["nats_per_log_sigma"], row["nats"]
        count[place] += 1
    density, nats = found / count
    return prompts, [levels[step] for step in steps], density, nats
