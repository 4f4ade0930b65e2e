"""Re-branching: from a state on the way, several continuations with fresh noise. What they share is fixed already."""

import hashlib
from collections.abc import Sequence

from musicologist.audio.sampling_options import SamplingSettings
from musicologist.core.errors import UserError


def check(settings: SamplingSettings, steps: Sequence[int]) -> None:
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
