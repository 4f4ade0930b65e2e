"""Sampling the clips of a shard: in batches that fit the memory, decoded, each with its record."""

import argparse
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from musicologist.audio import manifests, sampling_options
from musicologist.audio.sampler import Sampler
from musicologist.core import noise_levels
from musicologist.core.levels import Level
from musicologist.core.shards import Clip
from musicologist.models import devices

import torch  # isort: skip


@dataclass(frozen=True)
class Wanted:
    """A clip to make: its prompt, which of the prompt's clips (or branches) it is, and the seed of its noise."""

    prompt_id: int
    prompt: str
    sample: int
    seed: int


class ShardSampling:
    """A shard's sampler, and how many clips it samples and decodes at once: fewer from where the memory runs out."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Load the model that a script's options name (``sampling_options.parser``).

        Raises UserError where an environment module, the GPU or a part of the model is missing, or the settings do not fit it.
        """
        settings = sampling_options.settings(arguments)
        devices.check_modules(arguments.modules)
        family, device = devices.family(arguments.family), devices.resolve(arguments.device)
        self.sampler = Sampler.load(family, arguments.model, settings, device, arguments.text_encoder)
        self.sigmas = noise_levels.sigmas(settings.steps, settings.sigma_min, settings.sigma_max)
        self.made_by = {"model": arguments.model, "digest": arguments.digest, **asdict(settings)}
        self.run_seed = arguments.seed
        self.sampling, self.decoding = (devices.BatchSize("audio.batch_size", arguments.batch_size) for _ in range(2))

    def sample(self, batch: Sequence[Wanted], levels: Collection[Level]) -> list[tuple[Level, torch.Tensor]]:
        """The latents (clips, channels, frames) of these clips at each of the levels."""
        prompts, seeds = [clip.prompt for clip in batch], [clip.seed for clip in batch]
        found = self.sampler.sample(prompts, seeds, {step for _, step in levels})
        return [(level, latents) for level, latents in found if level in levels]

    def clips(
        self,
        wanted: Sequence[Wanted],
        latents_of: Callable[[Sequence[Wanted]], Iterable[tuple[Level, torch.Tensor]]],
    ) -> Iterator[tuple[Level, Clip]]:
        """Yield the clips at all levels for which ``latents_of`` gives a batch's latents (clips, channels, frames)."""
        for batch, levels in self.sampling.batches(wanted, latents_of):
            for level, latents in levels:
                decoded = self.decoding.batches(latents, self.sampler.decode)
                sounds = (sound.numpy() for _, sounds in decoded for sound in sounds)
                for one, sound in zip(batch, sounds, strict=True):
                    record = asdict(one) | manifests.of_level(level, self.sigmas) | self.made_by
                    yield level, manifests.clip(sound, self.sampler.sample_rate, record)

    def write_manifest(self, path: Path, tars: Mapping[Level, Path], clips: int, **more: int) -> None:
        """List the tar files and what made them; ``more`` is told with the run's seed."""
        levels = [{**manifests.of_level(level, self.sigmas), "tar": tar} for level, tar in sorted(tars.items())]
        manifests.write_manifest(path, levels, clips, {**self.made_by, "seed": self.run_seed, **more})

    def __str__(self) -> str:
        """For the log."""
        return f"Clips sampled at once: {self.sampling}; decoded at once: {self.decoding}."
