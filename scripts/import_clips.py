"""Import the clips that a CSV file names, of one shard of prompts; any format and rate, each clip at its own.

Which signals and steps are wanted is read off the paths of the tar files to write, .../SIGNAL/step_XX/shard_YYYY.tar.
"""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from musicologist.core import programs, progress
from musicologist.core.errors import UserError
from musicologist.inputs import importing


def main() -> None:
    """Write all tar files of the shard, then the manifest that lists them, and the clips that were left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, required=True, help="the CSV file")
    parser.add_argument("--skip", default="", help="kinds of clips to leave out, with commas between")
    importing.add_options(parser)
    arguments = parser.parse_args()

    from musicologist.core import levels, noise_levels, shard_writing
    from musicologist.inputs import clips

    given = clips.read(arguments.clips)
    mine = sorted(given.of(range(arguments.first, arguments.last + 1)).items())
    tars = levels.of_tars(arguments.tars, arguments.steps)
    sigmas = noise_levels.sigmas(arguments.steps, arguments.sigma_min, arguments.sigma_max)
    for step, sigma in given.sigmas.items():
        sigmas[step] = sigma
    told = {} if given.sigmas else {"sigma_from": "the configured schedule" if len(tars) > 1 else "nobody: finished"}

    left_out = []
    with ExitStack() as stack:
        writers = {level: stack.enter_context(shard_writing.ShardWriter(tar)) for level, tar in tars.items()}
        for (prompt, sample), files in progress.shown(mine, len(mine), "clips imported"):
            identity = {"prompt_id": prompt, "sample": sample, "prompt": given.texts[prompt], **told}
            try:
                found = {level: clips.load(files[level], identity, level, sigmas[level[1]]) for level in tars}
            except clips.Unusable as error:
                if error.kind not in arguments.skip.split(",") and prompt not in arguments.leave_out:
                    raise
                left_out.append({"file": str(error.path), "prompt_id": prompt, "sample": sample, "why": error.why})
                print(f"{error.path} {error.why}: left out.", file=sys.stderr)
                continue
            for level, writer in writers.items():
                writer.add(found[level])
        if len(left_out) == len(mine):
            raise UserError(
                f"{arguments.clips}: all {len(mine)} clips of the prompts {arguments.first} to {arguments.last} would be left "
                f"out, the first because it {left_out[0]['why']}: mend them, or raise audio.prompts_per_shard, so that there "
                "are others beside them."
            )
    count = len(mine) - len(left_out)
    importing.write_manifest(arguments.manifest, tars, sigmas, count, arguments.clips, left_out=left_out)


if __name__ == "__main__":
    programs.run(main)
