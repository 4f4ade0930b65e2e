"""Re-branch the clips of one shard: from the state at chosen steps go on several times, each time with fresh noise.

Which steps is read off the paths of the tar files, .../branched/step_XX/shard_YYYY.tar. In the records ``sample`` numbers the
branches, and ``step``, ``sigma`` and ``log_snr_db`` say where they part.
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
    parser = sampling_options.parser(__doc__)
    parser.add_argument("--branches", type=int, required=True, help="continuations of each state")
    arguments = parser.parse_args()
    prompts = sampling_options.prompts(arguments)

    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from musicologist.audio.sampler import branch_seed, check_branching, clip_seed
    from musicologist.audio.shard_sampling import ShardSampling, Wanted
    from musicologist.core import levels
    from musicologist.core.shard_writing import ShardWriter

    tars = levels.of_tars(arguments.tars, arguments.steps, ["branched"])
    parting = {("noisy", step) for _, step in tars}  # the states from which branches go on
    check_branching(sampling_options.settings(arguments), [step for _, step in parting])
    shard = ShardSampling(arguments)
    first = [Wanted(number, prompt, 0, clip_seed(arguments.seed, number, 0)) for number, prompt in prompts.items()]

    def finish(batch: Sequence[Wanted], step: int) -> list[tuple[levels.Level, Any]]:
        """The finished latents of these branches from one step on."""
        noisy = torch.stack([states[clip.prompt_id, step] for clip in batch])
        prompts, seeds = [clip.prompt for clip in batch], [clip.seed for clip in batch]
        return [(("branched", step), shard.sampler.continue_from(noisy, step, prompts, seeds))]

    states = {
        (clip.prompt_id, step): state
        for batch, found in shard.sampling.batches(first, lambda batch: shard.sample(batch, parting))
        for (_, step), latents in found
        for clip, state in zip(batch, latents, strict=True)
    }
    with ExitStack() as stack:
        for (_, step), path in progress.shown(sorted(tars.items()), len(tars), "levels branched"):
            writer = stack.enter_context(ShardWriter(path))
            branches = [
                replace(clip, sample=branch, seed=branch_seed(clip.seed, step, branch))
                for clip in first
                for branch in range(arguments.branches)
            ]
            for _, clip in shard.clips(branches, lambda batch, step=step: finish(batch, step)):
                writer.add(clip)
    print(shard, file=sys.stderr)
    shard.write_manifest(arguments.manifest, tars, len(first) * arguments.branches, branches=arguments.branches)


if __name__ == "__main__":
    programs.run(main)
