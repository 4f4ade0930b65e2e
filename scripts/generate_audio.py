"""Generate the clips of one shard of prompts, and keep the model's signals at chosen steps as FLAC in tar files.

Every clip has its own seed: shards, batches and other prompts change no clip. Which signals and steps are kept is read off
the paths of the tar files, .../SIGNAL/step_XX/shard_YYYY.tar.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

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
    from musicologist.audio import manifests, sampler
    from musicologist.core import levels as core_levels
    from musicologist.core import noise_levels
    from musicologist.core.shards import ShardWriter
    from musicologist.generators import stable_audio_tools
    from musicologist.models import devices

    settings = sampling_options.settings(arguments)
    devices.check_modules(arguments.modules)
    device = devices.resolve(arguments.device)
    model, config = stable_audio_tools.load(arguments.model, device, arguments.text_encoder)
    sampler.check(config, settings, arguments.model)
    if settings.precision != "float32":
        stable_audio_tools.keep_ends_exact(model)
    sigmas = noise_levels.sigmas(settings.steps, settings.sigma_min, settings.sigma_max)
    kept = core_levels.of_tars(arguments.tars, arguments.steps)
    tars = {level: core_levels.path(arguments.all, level, ".tar") for level in kept} if arguments.all else kept
    for_listening = set(list(prompts)[: arguments.keep]) if arguments.all else set()
    made_by = {"model": arguments.model, "digest": arguments.digest, "guidance": arguments.guidance}
    clips = [(number, sample) for number in prompts for sample in range(arguments.samples)]
    sampling, decoding = (devices.BatchSize("audio.batch_size", arguments.batch_size) for _ in range(2))

    def sample(batch: Sequence[tuple[int, int]]) -> list[tuple[str, int, Any]]:
        """The kept levels of these clips: (signal, step, latents)."""
        texts = [prompts[number] for number, _ in batch]
        seeds = [sampler.clip_seed(arguments.seed, *clip) for clip in batch]
        steps = {step for _, step in tars}
        found = sampler.sample(model, config["sample_size"], texts, seeds, settings, steps, device)
        return [level for level in found if level[:2] in tars]

    def decode(latents: Any) -> Any:
        return sampler.decode(model, latents, config["sample_rate"], settings.seconds_kept, device).numpy()

    def written() -> Iterator[tuple[int, int]]:
        """Write the clips at all levels, and yield each that is done."""
        for batch, levels in sampling.batches(clips, sample):
            for signal, step, latents in levels:
                sounds = (sound for _, sounds in decoding.batches(latents, decode) for sound in sounds)
                for clip, sound in zip(batch, sounds, strict=True):
                    record = {
                        "prompt_id": clip[0],
                        "prompt": prompts[clip[0]],
                        "sample": clip[1],
                        "seed": sampler.clip_seed(arguments.seed, *clip),
                        "signal": signal,
                        "step": step,
                        "sigma": sigmas[step],
                        "log_snr_db": noise_levels.log_snr_db(sigmas[step]),
                    }
                    made = manifests.clip(sound, config["sample_rate"], record | made_by)
                    writers[signal, step].add(made)
                    if clip[0] in for_listening:
                        listening[signal, step].add(made)
            yield from batch

    with ExitStack() as stack:
        writers = {level: stack.enter_context(ShardWriter(path)) for level, path in tars.items()}
        listening = {level: stack.enter_context(ShardWriter(path)) for level, path in kept.items() if arguments.all}
        for _ in programs.progress(written(), len(clips), "clips generated"):
            pass
    print(f"Clips sampled at once: {sampling}; decoded at once: {decoding}.", file=sys.stderr)

    made_by |= {"seed": arguments.seed, **vars(settings)}
    manifests.write_manifest(arguments.manifest, tars, sigmas, len(clips), made_by)


if __name__ == "__main__":
    programs.run(main)
