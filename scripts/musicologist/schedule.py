"""The sampler's noise levels in closed form, in sigma and in dB, and which of its steps are kept. Needs no torch."""

import math
from collections.abc import Mapping, Sequence

from musicologist.errors import UserError


def sigmas(steps: int, sigma_min: float, sigma_max: float) -> list[float]:
    """Noise levels of ``steps`` (two or more) steps, evenly spaced in the logarithm from ``sigma_max`` to ``sigma_min``.

    k-diffusion's ``get_sigmas_polyexponential`` with rho 1, without the 0 that it appends.
    """
    ratio = math.log(sigma_min / sigma_max) / (steps - 1)
    return [sigma_max * math.exp(ratio * step) for step in range(steps)]


def log_snr_db(sigma: float) -> float:
    """Signal-to-noise ratio in dB at noise level ``sigma``, for data of unit spread."""
    return -20 * math.log10(sigma)


def even_steps(levels: Sequence[float], count: int, from_sigma: float, to_sigma: float, key: str) -> list[int]:
    """The ``count`` steps of a schedule that lie nearest to ``count`` levels, even in log-SNR, between two sigmas.

    ``levels`` are the sigmas of all steps. Raises UserError, naming the configuration's ``key``, where the range leaves the
    schedule, runs upwards or holds fewer steps than are asked for.
    """
    slack = 1e-6
    if not levels[0] * (1 + slack) >= from_sigma > to_sigma >= levels[-1] * (1 - slack):
        raise UserError(
            f"{key} asks for levels from sigma {from_sigma:g} to {to_sigma:g}, but the sampler goes from "
            f"{levels[0]:g} to {levels[-1]:g}: choose from_sigma above to_sigma, both in that range."
        )
    start, end = math.log(from_sigma), math.log(to_sigma)
    wanted = [start + (end - start) * number / max(1, count - 1) for number in range(count)]
    found = [min(range(len(levels)), key=lambda step: abs(math.log(levels[step]) - level)) for level in wanted]
    if len(set(found)) < count:
        raise UserError(
            f"{key} asks for {count} levels from sigma {from_sigma:g} to {to_sigma:g}, where the sampler has only "
            f"{len(set(found))} steps near enough: ask for fewer levels, or raise trajectory.steps."
        )
    return found


def kept_steps(
    keep: Sequence[int] | Mapping[str, float], levels: Sequence[float], key: str = "trajectory.keep"
) -> list[int]:
    """The kept steps in ascending order: as listed, or of ``{levels: n, from_sigma: a, to_sigma: b}`` (see even_steps).

    Without from_sigma or to_sigma the range is the schedule's. Raises UserError, naming the configuration's ``key``, where the
    steps leave the schedule.
    """
    if isinstance(keep, Mapping):
        first, last = keep.get("from_sigma", levels[0]), keep.get("to_sigma", levels[-1])
        return even_steps(levels, int(keep["levels"]), first, last, key)
    beyond = [step for step in keep if step >= len(levels)]
    if beyond:
        raise UserError(
            f"{key} names step {beyond[0]}, but of {len(levels)} steps that count from 0: "
            f"keep steps from 0 to {len(levels) - 1}."
        )
    return sorted(keep)


def branching_cost(prompts: int, steps: Sequence[int], branches: int, all_steps: int) -> int:
    """How many denoising steps of one clip re-branching takes: the way to the last branching, and every continuation."""
    return prompts * (max(steps) + 1 + branches * sum(all_steps - step for step in steps))
