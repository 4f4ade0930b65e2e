"""Generate the clips of one shard of prompts, and keep the model's signals at chosen steps as FLAC in tar files, or as latents.

Latents are kept where the files to write are called .safetensors. Every clip has its own seed: shards, batches and other
prompts change no clip. Beside the clips it writes their finished latents and, where the model is guided, what the prompts
tell at each step (``sampler.nats``). Which signals and steps are kept is read off the paths of the files,
.../SIGNAL/step_XX/shard_YYYY.tar.
"""

import os
import sys
from functools import partial
from pathlib import Path

from musicologist.audio import sampling_options
from musicologist.core import programs, progress


def main() -> None:
    """Write all tar files of the shard, then the manifest that lists them."""
    parser = sampling_options.parser(__doc__, keeping=True)
    parser.add_argument("--samples", type=int, required=True, help="clips a prompt")
    parser.add_argument("--latents", type=Path, nargs="?", help="finished latents to write, safetensors")
    parser.add_argument("--information", type=Path, nargs="?", help="to write: what the prompts tell, JSON Lines")
    arguments = sampling_options.parse(parser)
    prompts = sampling_options.prompts(arguments)

    os.environ["HF_HUB_OFFLINE"] = "1"
    from musicologist.audio.shard_sampling import ShardSampling, all_wanted, write_clips
    from musicologist.core import levels

    kept = levels.of_tars(arguments.tars, arguments.steps)
    tars = {level: levels.path(arguments.all, level, ".tar") for level in kept} if arguments.all else kept
    wanted = all_wanted(prompts, arguments.samples, arguments.seed)
    shard, undecoded = ShardSampling(arguments), arguments.tars[0].suffix == ".safetensors"
    sampled = partial(shard.sample, levels=tars)
    if undecoded:
        shard.write_undecoded(wanted, sampled, tars)
    else:
        clips = progress.shown(shard.clips(wanted, sampled), len(wanted) * len(tars), "clips written, of all levels")
        write_clips(clips, tars, kept if arguments.all else {}, set(list(prompts)[: arguments.keep]), arguments.threads)
    print(shard, file=sys.stderr)
    if arguments.latents:
        shard.write_latents(arguments.latents)
    if arguments.information:
        shard.write_information(arguments.information)
    shard.write_manifest(arguments.manifest, tars, len(wanted), kind="latents" if undecoded else "tar")


if __name__ == "__main__":
    programs.run(main)
