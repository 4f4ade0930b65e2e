"""The null of the noisy state: finished latents under fresh noise."""

import math
from collections.abc import Sequence

import torch

from musicologist.audio import noise


def noise_seed(clip_seed: int) -> int:
    """The seed of the noise that a clip gets afresh, 63 bits; not the seed of the noise that it came from."""
    return noise.seed_of(clip_seed, "renoised")


def renoised(latents: torch.Tensor, sigma: float, seeds: Sequence[int]) -> torch.Tensor:
    """Finished latents (clips, channels, frames) under Gaussian noise of level ``sigma``, over sqrt(1 + sigma^2).

    For an exact sampler without guidance this has the law of the noisy state at that level, for its marginals are those of the
    forward process (Song et al. 2021, arXiv 2011.13456): what the noisy state tells beyond it was put there early, by guidance
    or by discretisation. A clip's noise follows from its seed alone, so that all its levels share it.
    """
    fresh = noise.drawn([noise_seed(seed) for seed in seeds], latents.shape[1:])
    return (latents + sigma * fresh) / math.hypot(1, sigma)
