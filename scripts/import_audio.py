"""Import the generated audio of one shard of prompts: WAV files of the original study, or tar shards of another run.

Which signals and steps are wanted is read off the paths of the tar files to write, .../SIGNAL/step_XX/shard_YYYY.tar.
"""

import argparse
import sys
from pathlib import Path

from musicologist.core import programs, progress
from musicologist.core.errors import UserError


def main() -> None:
    """Write all tar files of the shard, then the manifest that lists them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the given audio")
    parser.add_argument("--shard", type=int, required=True)
    parser.add_argument("--first", type=int, required=True, help="first prompt id")
    parser.add_argument("--last", type=int, required=True, help="last prompt id")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="prompts whose clips may be unusable")
    parser.add_argument("--samples", type=int, required=True, help="clips a prompt")
    parser.add_argument("--steps", type=int, required=True, help="of the schedule, for what records no noise level")
    parser.add_argument("--sigma-max", type=float, required=True)
    parser.add_argument("--sigma-min", type=float, required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--tars", type=Path, nargs="+", required=True)
    arguments = parser.parse_args()

    from musicologist.audio import manifests
    from musicologist.core import levels, noise_levels, shard_writing
    from musicologist.inputs import audio

    prompts = range(arguments.first, arguments.last + 1)
    wanted = {(prompt, sample) for prompt in prompts for sample in range(arguments.samples)}
    sigmas = noise_levels.sigmas(arguments.steps, arguments.sigma_min, arguments.sigma_max)
    tars = levels.of_tars(arguments.tars, arguments.steps)
    left_out = set(arguments.leave_out)
    first, rate = audio.rate(arguments.folder, min(tars), arguments.last + 1, left_out)

    for level, tar in progress.shown(sorted(tars.items()), len(tars), "tar files imported"):
        with shard_writing.ShardWriter(tar) as writer:
            for path in audio.files(arguments.folder, level, arguments.shard, prompts, arguments.samples):
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
    made_by = {"model": f"given: {arguments.folder}", "digest": ""}
    entries = [{**manifests.of_level(level, sigmas), "tar": tar} for level, tar in sorted(tars.items())]
    manifests.write_manifest(arguments.manifest, entries, len(wanted), made_by)


if __name__ == "__main__":
    programs.run(main)
