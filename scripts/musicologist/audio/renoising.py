"""The null of the noisy state: finished latents under fresh noise."""

import hashlib
import math
from collections.abc import Sequence

import torch


def noise_seed(clip_seed: int) -> int:
    """The seed of the noise that a clip gets afresh, 63 bits; not the seed of the noise that it came from."""
    digest = hashlib.sha256(f"{clip_seed}/renoised".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def renoised(latents: torch.Tensor, sigma: float, seeds: Sequence[int]) -> torch.Tensor:
    """Finished latents (clips, channels, frames) under Gaussian noise of level ``sigma``, over sqrt(1 + sigma^2).

    For an exact sampler without guidance this has the law of the noisy state at that level, for its marginals are those of the
    forward process (Song et al. 2021, arXiv 2011.13456): what the noisy state tells beyond it was put there early, by guidance
    or by discretisation. A clip's noise follows from its seed alone, so that all its levels share it.
    """
    generators = (torch.Generator().manual_seed(noise_seed(seed)) for seed in seeds)
    noise = torch.stack([torch.randn(latents.shape[1:], generator=generator) for generator in generators])
    return (latents + sigma * noise) / math.hypot(1, sigma)
