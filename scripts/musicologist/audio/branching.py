"""Re-branching: from a state on the way, several continuations with fresh noise. What they share is fixed already."""

import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from musicologist.audio import sampler
from musicologist.core.errors import UserError

import torch  # isort: skip

if TYPE_CHECKING:
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper


def check(settings: sampler.SamplingSettings, steps: Sequence[int]) -> None:
    """Raise UserError where the sampler adds no noise, so that all branches are one, or a step has none after it."""
    if "sde" not in settings.sampler:
        raise UserError(
            f"trajectory.sampler is {settings.sampler}, which adds no noise on its way: all branches from one state would be "
            "the same; set commitment.sampler to dpmpp-2m-sde or dpmpp-3m-sde."
        )
    if max(steps) >= settings.steps - 1:
        raise UserError(
            f"commitment.keep names step {max(steps)}, the last of {settings.steps} or beyond: no noise is added after it, so "
            "branch at earlier steps."
        )


def branch_seed(clip_seed: int, step: int, branch: int) -> int:
    """The seed of one branch, 63 bits, a function of these three numbers alone."""
    digest = hashlib.sha256(f"{clip_seed}/{step}/{branch}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def continue_from(
    model: "ConditionedDiffusionModelWrapper",
    noisy: torch.Tensor,
    step: int,
    prompts: Sequence[str],
    seeds: Sequence[int],
    settings: sampler.SamplingSettings,
    device: str,
) -> torch.Tensor:
    """Finished latents (clips, channels, frames) continued from the signal ``noisy`` of ``step``, with noise from ``seeds``.

    The level at which continuations agree about a feature is where it is fixed: Li and Chen 2024, critical windows (arXiv
    2403.01633); Sclocchi, Favero and Wyart 2025 (PNAS) noise and denoise likewise.
    """
    levels = sampler.sigmas(settings)[step:]
    state = noisy * math.sqrt(1 + float(levels[0]) ** 2)
    return sampler.denoise(model, state, levels, prompts, seeds, settings, device).float().cpu()
