"""Sampling with a record of the way: the x0 estimate and the noisy state at chosen steps, one seed per clip."""

import hashlib
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from musicologist import compat  # noqa: F401  (before k_diffusion)
from musicologist.errors import UserError

import torch  # isort: skip
import k_diffusion as K  # isort: skip

if TYPE_CHECKING:
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper

SAMPLERS = {
    "dpmpp-2m": K.sampling.sample_dpmpp_2m,
    "dpmpp-2m-sde": K.sampling.sample_dpmpp_2m_sde,
    "dpmpp-3m-sde": K.sampling.sample_dpmpp_3m_sde,
}
"""Samplers that call back once a step, counted from 0, before x is updated."""

MARGIN = 16
"""Latent frames decoded beyond what is kept, so that the cut does not change what is heard before it."""


@dataclass(frozen=True)
class Settings:
    """How a trajectory is sampled; sigmas in units of the latents' spread, lengths in seconds."""

    sampler: str
    steps: int
    guidance: float
    sigma_min: float
    sigma_max: float
    seconds_total: float
    seconds_kept: float


def sigmas(settings: Settings) -> torch.Tensor:
    """Noise levels (steps + 1,) as k-diffusion computes them: those of ``schedule.sigmas`` up to rounding, then 0."""
    return K.sampling.get_sigmas_polyexponential(settings.steps, settings.sigma_min, settings.sigma_max, 1.0)


def clip_seed(run_seed: int, prompt_id: int, sample: int) -> int:
    """The seed of one clip, 63 bits, a function of these three numbers alone."""
    digest = hashlib.sha256(f"{run_seed}/{prompt_id}/{sample}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def check(config: Mapping[str, Any], settings: Settings, directory: str) -> None:
    """Raise UserError where the model of this configuration cannot be sampled with these settings."""
    if settings.sampler not in SAMPLERS:
        raise UserError(f"trajectory.sampler is {settings.sampler!r}: expected one of {', '.join(SAMPLERS)}.")
    objective = config["model"]["diffusion"].get("diffusion_objective", "v")
    if objective != "v":
        raise UserError(
            f"{directory}: the model's objective is {objective}; only v-objective models can be sampled yet."
        )
    window = config["sample_size"] / config["sample_rate"]
    if settings.seconds_kept > window:
        raise UserError(
            f"trajectory.seconds_kept is {settings.seconds_kept}, but the model in {directory} makes {window:.1f} s of "
            "audio: keep no more than that."
        )


@torch.no_grad()
def sample(
    model: "ConditionedDiffusionModelWrapper",
    sample_size: int,
    prompts: Sequence[str],
    seeds: Sequence[int],
    settings: Settings,
    kept_steps: Sequence[int],
    device: str,
) -> Iterator[tuple[str, int, torch.Tensor]]:
    """Yield (signal, step, latents) at every kept step: ``denoised`` is the x0 estimate, ``noisy`` x_t / sqrt(1 + sigma^2).

    Latents are (clips, channels, frames), float32, on the CPU. Each clip's initial noise and Brownian tree come from its own
    seed, on the CPU, so that neither its batch nor the device changes it.
    """
    frames = sample_size // model.pretransform.downsampling_ratio
    noise = torch.stack(
        [torch.randn(model.io_channels, frames, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )
    metadata = [{"prompt": prompt, "seconds_start": 0, "seconds_total": settings.seconds_total} for prompt in prompts]
    condition = model.get_conditioning_inputs(model.conditioner(metadata, device))
    levels = sigmas(settings)
    tree = K.sampling.BrownianTreeNoiseSampler(noise, levels[-2], levels[0], seed=list(seeds))
    levels = levels.to(device)
    stochastic = (
        {"noise_sampler": lambda sigma, after: tree(sigma.cpu(), after.cpu()).to(device)}
        if "sde" in settings.sampler
        else {}
    )
    kept: list[tuple[str, int, torch.Tensor]] = []
    wanted = set(kept_steps)

    def keep(info: Mapping[str, Any]) -> None:
        if info["i"] in wanted:
            sigma = float(info["sigma"])
            kept.append(("denoised", info["i"], info["denoised"].float().cpu().clone()))
            kept.append(("noisy", info["i"], (info["x"] / math.sqrt(1 + sigma**2)).float().cpu()))

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Should have t")
        SAMPLERS[settings.sampler](
            K.external.VDenoiser(model.model),
            noise.to(device) * levels[0],
            levels,
            disable=True,
            callback=keep,
            extra_args={**condition, "cfg_scale": settings.guidance, "batch_cfg": True, "rescale_cfg": True},
            **stochastic,
        )
    yield from kept


@torch.no_grad()
def decode(
    model: "ConditionedDiffusionModelWrapper", latents: torch.Tensor, sample_rate: int, seconds: float, device: str
) -> torch.Tensor:
    """The first ``seconds`` of the audio (clips, channels, samples) that latents (clips, channels, frames) stand for.

    Only so many frames, and a margin, are decoded. The audio is as the model's own pretransform gives it, not normalised.
    """
    samples = round(seconds * sample_rate)
    frames = -(-samples // model.pretransform.downsampling_ratio) + MARGIN
    return model.pretransform.decode(latents[..., :frames].to(device)).float().cpu()[..., :samples]
