"""Generate the clips of one shard of prompts, and keep the model's signals at chosen steps as FLAC in tar files.

Every clip has its own seed: shards, batches and other prompts change no clip. Which signals and steps are kept is read off
the paths of the tar files, .../SIGNAL/step_XX/shard_YYYY.tar.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from musicologist.audio import sampling_options
from musicologist.core import programs


def main() -> None:
    """Write all tar files of the shard, then the manifest that lists them."""
    parser = sampling_options.parser(__doc__)
    parser.add_argument("--samples", type=int, required=True, help="clips a prompt")
    parser.add_argument("--keep", type=int, help="so many of the shard's prompts have their clips in the tar files")
    parser.add_argument("--all", type=Path, nargs="?", help="folder for tar files of all clips, if --keep is given")
    arguments = parser.parse_args()
    if (arguments.keep is None) != (arguments.all is None):
        parser.error("--keep and --all go together")
    prompts = sampling_options.prompts(arguments)

    os.environ["HF_HUB_OFFLINE"] = "1"
    from musicologist.audio.sampler import clip_seed
    from musicologist.audio.shard_sampling import ShardSampling, Wanted
    from musicologist.core import levels
    from musicologist.core.shards import ShardWriter

    kept = levels.of_tars(arguments.tars, arguments.steps)
    tars = {level: levels.path(arguments.all, level, ".tar") for level in kept} if arguments.all else kept
    for_listening = set(list(prompts)[: arguments.keep]) if arguments.all else set()
    wanted = [
        Wanted(number, prompt, sample, clip_seed(arguments.seed, number, sample))
        for number, prompt in prompts.items()
        for sample in range(arguments.samples)
    ]
    shard = ShardSampling(arguments)
    with ExitStack() as stack:
        writers = {level: stack.enter_context(ShardWriter(path)) for level, path in tars.items()}
        listening = {level: stack.enter_context(ShardWriter(path)) for level, path in kept.items() if arguments.all}
        made = shard.clips(wanted, lambda batch: shard.sample(batch, tars))
        for level, clip in programs.progress(made, len(wanted) * len(tars), "clips written, of all levels"):
            writers[level].add(clip)
            if clip.record["prompt_id"] in for_listening:
                listening[level].add(clip)
    print(shard, file=sys.stderr)
    shard.write_manifest(arguments.manifest, tars, len(wanted))


if __name__ == "__main__":
    programs.run(main)
