"""Re-branch the clips of one shard: from the state at chosen steps go on several times, each time with fresh noise.

Which steps is read off the paths of the tar files, .../branched/step_XX/shard_YYYY.tar. In the records ``sample`` numbers the
branches, and ``step``, ``sigma`` and ``log_snr_db`` say where they part.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from musicologist.audio import sampling_options
from musicologist.core import programs


def main() -> None:
    """Write all tar files of the shard, then the manifest that lists them."""
    parser = sampling_options.parser(__doc__)
    parser.add_argument("--branches", type=int, required=True, help="continuations of each state")
    arguments = parser.parse_args()
    prompts = sampling_options.prompts(arguments)

    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from musicologist.audio import branching, manifests, sampler
    from musicologist.core import levels, noise_levels
    from musicologist.core.shards import ShardWriter
    from musicologist.generators import stable_audio_tools
    from musicologist.models import devices

    settings = sampling_options.settings(arguments)
    tars = levels.of_tars(arguments.tars, arguments.steps, ["branched"])
    steps = sorted(step for _, step in tars)
    branching.check(settings, steps)
    devices.check_modules(arguments.modules)
    device = devices.resolve(arguments.device)
    model, config = stable_audio_tools.load(arguments.model, device, arguments.text_encoder)
    sampler.check(config, settings, arguments.model)
    if settings.precision != "float32":
        stable_audio_tools.keep_ends_exact(model)
    sigmas = noise_levels.sigmas(settings.steps, settings.sigma_min, settings.sigma_max)
    made_by = {"model": arguments.model, "digest": arguments.digest, "guidance": arguments.guidance}
    seeds = {number: sampler.clip_seed(arguments.seed, number, 0) for number in prompts}
    branches = [(number, branch) for number in prompts for branch in range(arguments.branches)]
    sampling = devices.BatchSize("audio.batch_size", arguments.batch_size)

    def start(some: Sequence[int]) -> list[tuple[str, int, Any]]:
        """The states (noisy signal) of these prompts' first clips at all steps."""
        texts, own = [prompts[number] for number in some], [seeds[number] for number in some]
        found = sampler.sample(model, config["sample_size"], texts, own, settings, steps, device)
        return [level for level in found if level[0] == "noisy"]

    def finish(some: Sequence[tuple[int, int]], step: int) -> Any:
        """The audio of these branches from one step on."""
        noisy = torch.stack([states[number, step] for number, _ in some])
        texts = [prompts[number] for number, _ in some]
        own = [branching.branch_seed(seeds[number], step, branch) for number, branch in some]
        latents = branching.continue_from(model, noisy, step, texts, own, settings, device)
        return sampler.decode(model, latents, config["sample_rate"], settings.seconds_kept, device).numpy()

    states = {
        (number, step): state
        for batch, found in sampling.batches(list(prompts), start)
        for _, step, latents in found
        for number, state in zip(batch, latents, strict=True)
    }
    with ExitStack() as stack:
        for (signal, step), path in programs.progress(sorted(tars.items()), len(tars), "levels branched"):
            writer = stack.enter_context(ShardWriter(path))
            for batch, sounds in sampling.batches(branches, lambda some, step=step: finish(some, step)):
                for (number, branch), sound in zip(batch, sounds, strict=True):
                    record = {
                        "prompt_id": number,
                        "prompt": prompts[number],
                        "sample": branch,
                        "seed": branching.branch_seed(seeds[number], step, branch),
                        "signal": signal,
                        "step": step,
                        "sigma": sigmas[step],
                        "log_snr_db": noise_levels.log_snr_db(sigmas[step]),
                    }
                    writer.add(manifests.clip(sound, config["sample_rate"], record | made_by))
    print(f"Clips sampled at once: {sampling}.", file=sys.stderr)
    made_by |= {"seed": arguments.seed, "branches": arguments.branches, **vars(settings)}
    manifests.write_manifest(arguments.manifest, tars, sigmas, len(branches), made_by)


if __name__ == "__main__":
    programs.run(main)
