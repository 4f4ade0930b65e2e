"""Import the generated audio of one shard of prompts: WAV files of the original study, or tar shards of another run.

Which signals and steps are wanted is read off the paths of the tar files to write, .../SIGNAL/step_XX/shard_YYYY.tar.
"""

import argparse
import sys
from pathlib import Path

from musicologist.core import programs, progress
from musicologist.core.errors import UserError
from musicologist.inputs import importing


def main() -> None:
    """Write all tar files of the shard, then the manifest that lists them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the given audio")
    parser.add_argument("--shard", type=int, required=True)
    parser.add_argument("--samples", type=int, required=True, help="clips a prompt")
    importing.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import levels, noise_levels, shard_writing
    from musicologist.inputs import audio

    prompts = range(arguments.first, arguments.last + 1)
    wanted = {(prompt, sample) for prompt in prompts for sample in range(arguments.samples)}
    sigmas = noise_levels.sigmas(arguments.steps, arguments.sigma_min, arguments.sigma_max)
    tars = levels.of_tars(arguments.tars, arguments.steps)
    left_out = set(arguments.leave_out)
    paths = {level: audio.files(arguments.folder, level, arguments.shard, prompts, arguments.samples) for level in tars}
    for path in (path for of_level in paths.values() for path in of_level if path.suffix == ".tar"):
        importing.check_shard(path)
    first, rate = audio.rate(arguments.folder, min(tars), arguments.last + 1, left_out)

    for level, tar in progress.shown(sorted(tars.items()), len(tars), "tar files imported"):
        with shard_writing.ShardWriter(tar) as writer:
            for path in paths[level]:
                for clip in audio.clips(path, level, sigmas[level[1]], wanted, left_out, rate):
                    if clip.sample_rate != rate:
                        raise UserError(
                            f"{path} has a rate of {clip.sample_rate} Hz, {first} one of {rate} Hz: expected one rate for "
                            "all clips; resample them."
                        )
                    writer.add(clip)
                    if not clip.audio.any():
                        what = "left out" if "left_out" in clip.record else "silent"
                        print(f"{path}: the clip {clip.key} is {what}.", file=sys.stderr)
    importing.write_manifest(arguments.manifest, tars, sigmas, len(wanted), arguments.folder)


if __name__ == "__main__":
    programs.run(main)
