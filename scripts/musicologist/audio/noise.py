"""The noise of clips: each clip's own, a function of its seed and of where the noise is for, whatever its batch and device."""

import hashlib
from collections.abc import Sequence

import torch


def seed_of(*names: object) -> int:
    """A seed, 63 bits, a function of these names alone."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def drawn(seeds: Sequence[int], shape: Sequence[int]) -> torch.Tensor:
    """Standard normal noise (clips, *shape), float32, drawn on the CPU for each seed alone."""
    return torch.stack([torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds])


def of_step(seeds: Sequence[int], step: int, shape: Sequence[int]) -> torch.Tensor:
    """What a stochastic sampler adds to clips after ``step``, of unit variance, (clips, *shape).

    A sampler asks for the increments of a Brownian motion in the noise level over intervals that follow one another and
    scales them to unit variance: they are independent standard normal draws, so that no tree of them needs to be kept.
    """
    return drawn([seed_of(seed, "step", step) for seed in seeds], shape)
