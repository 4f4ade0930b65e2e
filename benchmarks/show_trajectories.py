"""Listen by looking: mel spectrograms of clips at all kept steps, from the audio of a run.

python benchmarks/show_trajectories.py results/demo docs/trajectories.png
"""

import argparse
import sys
import textwrap
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.core import shards
from musicologist.core.shard_writing import Clip
from musicologist.embedders import clap as embedders_clap
from musicologist.figures import canvas
from musicologist.training import clap_features

import torch  # isort: skip


def clips(results: Path, signal: str, keys: list[str]) -> dict[tuple[str, int], Clip]:
    """The clips with these keys at every step, by (key, step)."""
    found = {}
    for tar in sorted((results / "audio" / signal).glob("step_*/shard_*.tar")):
        for clip in shards.read(tar):
            if clip.key in keys:
                found[clip.key, clip.record["step"]] = clip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--keys", nargs="+", default=["000002_00", "000003_00", "000005_00"])
    arguments = parser.parse_args()

    mels = embedders_clap.LogMel(clap_features.feature_extractor())
    signals = ["denoised", "noisy"]
    found = {signal: clips(arguments.results, signal, arguments.keys) for signal in signals}
    steps = sorted({step for _, step in found["denoised"]})
    figure = canvas.new_figure(1.3 * len(steps) + 0.6, 1.25 * len(arguments.keys) * len(signals) + 0.6)
    axes = figure.subplots(len(arguments.keys) * len(signals), len(steps), squeeze=False)
    for row, (key, signal) in enumerate((key, signal) for key in arguments.keys for signal in signals):
        for column, step in enumerate(steps):
            clip = found[signal][key, step]
            axis = axes[row, column]
            picture = mels(torch.from_numpy(clip.mono()[None]))[0].numpy().T
            axis.imshow(picture, origin="lower", aspect="auto", cmap="cividis", vmin=-50, vmax=25)
            axis.set_xticks([])
            axis.set_yticks([])
            if row == 0:
                axis.set_title(f"step {step}\nsigma {clip.record['sigma']:.3g}", fontsize=8)
        axes[row, 0].set_ylabel("x0 estimate" if signal == "denoised" else "noisy state", fontsize=7)
        if signal == "denoised":
            prompt = textwrap.shorten(found[signal][key, steps[0]].record["prompt"], 110)
            above = 1.36 if row == 0 else 1.03
            title = axes[row, 0].text(0, above, prompt, transform=axes[row, 0].transAxes, fontsize=8, style="italic")
            title.set_in_layout(False)
            if row:
                axes[row, -1].set_title(" ", fontsize=8)  # leaves room for the prompt
    figure.suptitle(" ", fontsize=12)
    canvas.save(figure, arguments.output, 72)
    every = [clip for by_key in found.values() for clip in by_key.values()]
    offset = max(abs(float(clip.audio.mean())) for clip in every)
    clipped = max(clip.record["clipped_share"] for (_, step), clip in found["denoised"].items() if step == steps[-1])
    finite = all(np.isfinite(clip.audio).all() for clip in every)
    print(f"largest offset {offset:.1e}; largest clipped share at the last step {clipped:.4f}; all finite: {finite}")


if __name__ == "__main__":
    main()
