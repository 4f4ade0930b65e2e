"""Decode what was generated and kept as latents, one shard: to be heard by an embedder, or by people.

Into a folder go all levels that the shard's manifest lists; of tar files, the paths tell the levels,
.../SIGNAL/step_XX/shard_YYYY.tar.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musicologist.audio import sampling_options
from musicologist.core import programs, progress
from musicologist.core.errors import UserError

if TYPE_CHECKING:
    import torch
    from musicologist.audio.shard_sampling import Wanted
    from musicologist.core.levels import Level


def main() -> None:
    """Write the tar files, then the manifest that lists them, if any; where no clip is wanted no model is loaded."""
    parser = sampling_options.parser(__doc__, into_folder=True)
    parser.add_argument("--samples", type=int, required=True, help="clips a prompt")
    parser.add_argument("--latents", type=Path, required=True, help="the manifest of the shard's latents")
    parser.add_argument("--keep", type=int, help="so many of the shard's prompts alone")
    arguments = parser.parse_args()
    prompts = sampling_options.prompts(arguments)

    os.environ["HF_HUB_OFFLINE"] = "1"
    from musicologist.audio import manifests
    from musicologist.audio.shard_sampling import ShardSampling, all_wanted, stacked, write_clips
    from musicologist.core import levels
    from musicologist.models import weights

    known = manifests.read_manifest(arguments.latents, "latents")
    files = {(level["signal"], level["step"]): level["latents"] for level in known}
    if arguments.folder:
        tars = {level: levels.path(arguments.folder, level, ".tar") for level in files}
    else:
        tars = levels.of_tars(arguments.tars, arguments.steps)
    if lacking := [level for level in tars if level not in files]:
        raise UserError(
            f"{arguments.latents} lists no latents of {lacking[0][0]} at step {lacking[0][1]}: make them with `snakemake "
            "--forcerun generate_audio`."
        )
    wanted = all_wanted(dict(list(prompts.items())[: arguments.keep]), arguments.samples, arguments.seed)
    if not wanted:
        write_clips([], tars, {}, set())
        return
    shard = ShardSampling(arguments)
    latents = {level: weights.load(files[level]) for level in tars}

    def kept(batch: "Sequence[Wanted]") -> "list[tuple[Level, torch.Tensor]]":
        return [(level, stacked(latents[level], batch, files[level])) for level in tars]

    clips = progress.shown(shard.clips(wanted, kept), len(wanted) * len(tars), "clips written, of all levels")
    write_clips(clips, tars, {}, set(), arguments.threads)
    print(shard, file=sys.stderr)
    if arguments.manifest:
        shard.write_manifest(arguments.manifest, tars, len(wanted))


if __name__ == "__main__":
    programs.run(main)
