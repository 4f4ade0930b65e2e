"""Sampling the clips of a shard: in batches that fit the memory, decoded, each with its record."""

import argparse
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from musicologist.audio import manifests, sampling_options
from musicologist.audio.sampler import Sampler, clip_seed
from musicologist.core import noise_levels
from musicologist.core.errors import UserError
from musicologist.core.files import atomic_path, write_text
from musicologist.core.levels import Level
from musicologist.core.shard_writing import Clip, ShardWriter, encoded
from musicologist.core.threads import in_order
from musicologist.models import devices

import torch  # isort: skip


_AHEAD = 64
"""Clips that may wait for their encoding: some 200 MB of ten seconds in stereo."""


@dataclass(frozen=True)
class Wanted:
    """A clip to make: its prompt, which of the prompt's clips (or branches) it is, and the seed of its noise."""

    prompt_id: int
    prompt: str
    sample: int
    seed: int


def all_wanted(prompts: Mapping[int, str], samples: int, run_seed: int) -> list[Wanted]:
    """So many clips of each of these prompts, by id."""
    return [
        Wanted(number, prompt, sample, clip_seed(run_seed, number, sample))
        for number, prompt in prompts.items()
        for sample in range(samples)
    ]


def stacked(latents: Mapping[str, torch.Tensor], batch: Sequence[Wanted], place: Path) -> torch.Tensor:
    """The latents (clips, channels, frames), float32, of these clips, by name; UserError where the file ``place`` lacks one."""
    names = [manifests.key(one.prompt_id, one.sample) for one in batch]
    if lacking := [name for name in names if name not in latents]:
        raise UserError(
            f"{place} lacks the clip {lacking[0]}: make it anew with `snakemake --forcerun generate_audio`."
        )
    return torch.stack([latents[name] for name in names]).float()


def write_clips(
    clips: Iterable[tuple[Level, Clip]],
    tars: Mapping[Level, Path],
    kept: Mapping[Level, Path],
    prompts: Collection[int],
    threads: int = 1,
) -> None:
    """Write clips into the tar file of their level, and those of these prompts into a second one in ``kept`` too, if any.

    They are encoded in other threads, once each, while the next ones are made: a GPU need not wait for FLAC.
    """

    def flac(made: tuple[Level, Clip]) -> tuple[Level, Clip, bytes]:
        level, clip = made
        return level, clip, encoded(clip, tars[level])

    with ExitStack() as stack:
        writers = {level: stack.enter_context(ShardWriter(path)) for level, path in tars.items()}
        listening = {level: stack.enter_context(ShardWriter(path)) for level, path in kept.items()}
        for level, clip, content in in_order(flac, clips, threads, _AHEAD):
            writers[level].add_encoded(clip.key, content, clip.record)
            if level in listening and clip.record["prompt_id"] in prompts:
                listening[level].add_encoded(clip.key, content, clip.record)


class ShardSampling:
    """A shard's sampler, and how many clips it samples and decodes at once: fewer from where the memory runs out."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Load the model that a script's options name (``sampling_options.parser``).

        Raises UserError where an environment module, the GPU or a part of the model is missing, or the settings do not fit it.
        """
        settings = sampling_options.settings(arguments)
        devices.check_modules(arguments.modules)
        family, device = devices.family(arguments.family), devices.resolve(arguments.device, settings.precision)
        self.sampler = Sampler.load(family, arguments.model, settings, device, arguments.text_encoder)
        self.sigmas = noise_levels.sigmas(settings.steps, settings.sigma_min, settings.sigma_max)
        self.made_by = {"model": arguments.model, "digest": arguments.digest, **asdict(settings)}
        self.run_seed = arguments.seed
        self.sampling, self.decoding = (devices.BatchSize("audio.batch_size", arguments.batch_size) for _ in range(2))
        self.latents: dict[str, torch.Tensor] = {}  # finished, by the clip's name, as far as they are decoded
        self.told: dict[tuple[int, int, int], float] = {}  # what the prompt tells, by prompt, sample and step

    def sample(self, batch: Sequence[Wanted], levels: Collection[Level]) -> list[tuple[Level, torch.Tensor]]:
        """The latents (clips, channels, frames) of these clips at each of the levels.

        Keeps the finished ones in ``latents``, and in ``told`` what the prompt tells, in nats per unit of log sigma.
        """
        prompts, seeds = [clip.prompt for clip in batch], [clip.seed for clip in batch]
        last = "denoised", len(self.sigmas) - 1
        signals, steps = {signal for signal, _ in [*levels, last]}, {step for _, step in [*levels, last]}

        def tell(step: int, nats: torch.Tensor) -> None:
            self.told |= {(one.prompt_id, one.sample, step): n for one, n in zip(batch, nats.tolist(), strict=True)}

        found = dict(self.sampler.sample(prompts, seeds, steps, signals, tell))
        finished = found[last][..., : self.sampler.frames]
        self.latents |= {manifests.key(one.prompt_id, one.sample): z for one, z in zip(batch, finished, strict=True)}
        return [(level, latents) for level, latents in found.items() if level in levels]

    def clips(
        self,
        wanted: Sequence[Wanted],
        latents_of: Callable[[Sequence[Wanted]], Iterable[tuple[Level, torch.Tensor]]],
    ) -> Iterator[tuple[Level, Clip]]:
        """Yield the clips at all levels for which ``latents_of`` gives a batch's latents (clips, channels, frames).

        What is the same at a step as the signal before it, as estimates are where guidance is off, is decoded once.
        """
        for batch, levels in self.sampling.batches(wanted, latents_of):
            before: list[tuple[Level, torch.Tensor, list[np.ndarray]]] = []
            for level, latents in levels:
                before = [one for one in before if one[0][1] == level[1]]
                sounds = next((sounds for _, other, sounds in before if torch.equal(other, latents)), [])
                if not sounds:
                    decoded = self.decoding.batches(latents, self.sampler.decode)
                    sounds = [sound.numpy() for _, some in decoded for sound in some]
                    before.append((level, latents, sounds))
                for one, sound in zip(batch, sounds, strict=True):
                    record = asdict(one) | manifests.of_level(level, self.sigmas) | self.made_by
                    yield level, manifests.clip(sound, self.sampler.sample_rate, record)

    def write_undecoded(
        self,
        wanted: Sequence[Wanted],
        latents_of: Callable[[Sequence[Wanted]], Iterable[tuple[Level, torch.Tensor]]],
        files: Mapping[Level, Path],
    ) -> None:
        """Write what ``clips`` would decode, in float16: a file of safetensors for each level, a tensor by each clip's name."""
        found: dict[Level, dict[str, torch.Tensor]] = {level: {} for level in files}
        for batch, levels in self.sampling.batches(wanted, latents_of):
            for level, latents in levels:
                names = (manifests.key(one.prompt_id, one.sample) for one in batch)
                found[level] |= zip(names, latents[..., : self.sampler.frames].half(), strict=True)
        for level, path in files.items():
            _write(path, found[level])

    def write_manifest(
        self, path: Path, files: Mapping[Level, Path], clips: int, kind: str = "tar", **more: int
    ) -> None:
        """List the levels' files and what made them; ``more`` is told with the run's seed."""
        levels = [{**manifests.of_level(level, self.sigmas), kind: file} for level, file in sorted(files.items())]
        manifests.write_manifest(path, levels, clips, {**self.made_by, "seed": self.run_seed, **more}, kind)

    def write_latents(self, path: Path) -> None:
        """Write the finished latents as safetensors, a tensor (channels, frames) by each clip's name."""
        _write(path, self.latents)

    def write_information(self, path: Path) -> None:
        """Write what the prompts tell as JSON Lines, a clip and step each."""
        lines = [
            {"prompt_id": prompt, "sample": sample, "step": step, "sigma": self.sigmas[step], "nats": nats}
            for (prompt, sample, step), nats in sorted(self.told.items())
        ]
        write_text(path, "".join(json.dumps(line) + "\n" for line in lines))

    def __str__(self) -> str:
        """For the log."""
        return f"Clips sampled at once: {self.sampling}; decoded at once: {self.decoding}."


def _write(path: Path, latents: Mapping[str, torch.Tensor]) -> None:
    """A tensor (channels, frames) by each clip's name, as safetensors."""
    from safetensors.torch import save_file

    with atomic_path(path) as temporary:
        save_file({name: latent.contiguous() for name, latent in sorted(latents.items())}, temporary)
