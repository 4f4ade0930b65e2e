"""Exchange the prompts of pairs on the way: from the state at chosen steps go on with the other prompt of the pair.

Prompts 2 n and 2 n + 1 are a pair and share their noise. Which steps is read off the paths of the tar files,
.../switched/step_XX/shard_YYYY.tar; .../denoised/step_XX/ has the clips whose prompt stayed. A switched clip is named by the
prompt that it began with.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from musicologist.audio import sampling_options
from musicologist.core import programs, progress


def main() -> None:
    """Write all tar files of the shard, then the manifest that lists them."""
    arguments = sampling_options.parser(__doc__).parse_args()
    prompts = sampling_options.prompts(arguments)

    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from musicologist.audio.sampler import clip_seed
    from musicologist.audio.shard_sampling import ShardSampling, Wanted
    from musicologist.core import levels
    from musicologist.core.shard_writing import ShardWriter

    tars = levels.of_tars(arguments.tars, arguments.steps, ["denoised", "switched"])
    kept = {("noisy" if signal == "switched" else signal, step) for signal, step in tars}
    shard = ShardSampling(arguments)
    stayed = [Wanted(n, text, 0, clip_seed(arguments.seed, n // 2, 0)) for n, text in prompts.items()]
    switched = [
        replace(clip, prompt=f"{clip.prompt} \N{RIGHTWARDS ARROW} {prompts[clip.prompt_id ^ 1]}") for clip in stayed
    ]
    states = {
        (clip.prompt_id, level): state
        for batch, found in shard.sampling.batches(stayed, lambda batch: shard.sample(batch, kept))
        for level, latents in found
        for clip, state in zip(batch, latents, strict=True)
    }

    def finish(batch: Sequence[Wanted], level: levels.Level) -> list[tuple[levels.Level, Any]]:
        """The finished latents of these clips: as they are, or with the other prompt from a step on."""
        signal, step = level
        source = level if signal == "denoised" else ("noisy", step)
        found = torch.stack([states[clip.prompt_id, source] for clip in batch])
        if signal == "switched":
            others, seeds = [prompts[clip.prompt_id ^ 1] for clip in batch], [clip.seed for clip in batch]
            found = shard.sampler.continue_from(found, step, others, seeds)
        return [(level, found)]

    with ExitStack() as stack:
        for level, path in progress.shown(sorted(tars.items()), len(tars), "levels switched"):
            writer = stack.enter_context(ShardWriter(path))
            clips = switched if level[0] == "switched" else stayed
            for _, clip in shard.clips(clips, lambda batch, level=level: finish(batch, level)):
                writer.add(clip)
    print(shard, file=sys.stderr)
    shard.write_manifest(arguments.manifest, tars, len(stayed))


if __name__ == "__main__":
    programs.run(main)
