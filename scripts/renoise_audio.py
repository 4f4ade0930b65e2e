"""Noise the finished latents of one shard afresh to each kept level, and decode them: no call of the diffusion model.

Which steps is read off the paths of the tar files, .../renoised/step_XX/shard_YYYY.tar.
"""

import os
import sys
from pathlib import Path

from musicologist.audio import sampling_options
from musicologist.core import programs, progress


def main() -> None:
    """Write all tar files of the shard, then the manifest that lists them."""
    parser = sampling_options.parser(__doc__, keeping=True)
    parser.add_argument("--samples", type=int, required=True, help="clips a prompt")
    parser.add_argument("--latents", type=Path, required=True, help="finished latents, safetensors")
    arguments = sampling_options.parse(parser)
    prompts = sampling_options.prompts(arguments)

    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from musicologist.audio.renoising import renoised
    from musicologist.audio.shard_sampling import ShardSampling, Wanted, all_wanted, stacked, write_clips
    from musicologist.core import levels
    from musicologist.models import weights

    kept = levels.of_tars(arguments.tars, arguments.steps, ["renoised"])
    tars = {level: levels.path(arguments.all, level, ".tar") for level in kept} if arguments.all else kept
    wanted = all_wanted(prompts, arguments.samples, arguments.seed)
    latents = weights.load(arguments.latents)
    stacked(latents, wanted, arguments.latents)  # says what is lacking before a model is loaded
    shard = ShardSampling(arguments)

    def noised(batch: list[Wanted]) -> list[tuple[levels.Level, torch.Tensor]]:
        finished = stacked(latents, batch, arguments.latents)
        seeds = [one.seed for one in batch]
        return [(level, renoised(finished, shard.sigmas[level[1]], seeds)) for level in tars]

    clips = progress.shown(shard.clips(wanted, noised), len(wanted) * len(tars), "clips written, of all levels")
    write_clips(clips, tars, kept if arguments.all else {}, set(list(prompts)[: arguments.keep]), arguments.threads)
    print(shard, file=sys.stderr)
    shard.write_manifest(arguments.manifest, tars, len(wanted))


if __name__ == "__main__":
    programs.run(main)
