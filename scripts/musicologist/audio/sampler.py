"""Sampling with a record of the way: the x0 estimate and the noisy state at chosen steps, one seed per clip."""

import hashlib
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from musicologist.core.errors import UserError
from musicologist.models import compat  # noqa: F401  (before what it repairs)

import k_diffusion as K  # isort: skip
from stable_audio_tools.inference.sampling import sample_discrete_euler, sample_flow_dpmpp  # isort: skip
import torch  # isort: skip

if TYPE_CHECKING:
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper

SAMPLERS = {
    "dpmpp-2m": K.sampling.sample_dpmpp_2m,
    "dpmpp-2m-sde": K.sampling.sample_dpmpp_2m_sde,
    "dpmpp-3m-sde": K.sampling.sample_dpmpp_3m_sde,
}
"""k-diffusion's samplers for v-objective models: they call back once a step, counted from 0, before x is updated."""

FLOW_SAMPLERS = {"euler": sample_discrete_euler, "dpmpp": sample_flow_dpmpp}
"""stable-audio-tools' samplers for rectified flow. dpmpp calls back as k-diffusion's do; euler counts from 1, and shows x after
the update."""

MARGIN = 16
"""Latent frames decoded beyond what is kept, so that the cut does not change what is heard before it."""


@dataclass(frozen=True)
class SamplingSettings:
    """How a trajectory is sampled; sigmas in units of the latents' spread, lengths in seconds."""

    sampler: str
    steps: int
    guidance: float
    sigma_min: float
    sigma_max: float
    seconds_total: float
    seconds_kept: float
    precision: str = "float32"
    guidance_rescale: float = (
        0.0  # share of the guided prediction brought back to the unguided one's spread (Lin et al. 2024)
    )
    guidance_sigma_min: float = 0.0  # no guidance below this sigma (Kynkäänniemi et al. 2024)


def sigmas(settings: SamplingSettings) -> torch.Tensor:
    """Noise levels (steps + 1,) as k-diffusion computes them: those of ``schedule.sigmas`` up to rounding, then 0."""
    return K.sampling.get_sigmas_polyexponential(settings.steps, settings.sigma_min, settings.sigma_max, 1.0)


def clip_seed(run_seed: int, prompt_id: int, sample: int) -> int:
    """The seed of one clip, 63 bits, a function of these three numbers alone."""
    digest = hashlib.sha256(f"{run_seed}/{prompt_id}/{sample}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def check(config: Mapping[str, Any], settings: SamplingSettings, directory: str) -> None:
    """Raise UserError where the model of this configuration cannot be sampled with these settings."""
    objective = config["model"]["diffusion"].get("diffusion_objective", "v")
    fitting = {"v": SAMPLERS, "rectified_flow": FLOW_SAMPLERS, "rf_denoiser": FLOW_SAMPLERS}.get(objective)
    if fitting is None:
        raise UserError(
            f"{directory}: the model's objective is {objective}: expected v, rectified_flow or rf_denoiser, which the "
            "samplers know."
        )
    if settings.sampler not in fitting:
        raise UserError(
            f"trajectory.sampler is {settings.sampler!r}, and the objective of {directory} is {objective}: expected one of "
            f"{', '.join(fitting)}."
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
    settings: SamplingSettings,
    kept_steps: Sequence[int],
    device: str,
) -> Iterator[tuple[str, int, torch.Tensor]]:
    """Yield (signal, step, latents) at every kept step: ``denoised`` is the x0 estimate, ``noisy`` the state, of unit spread.

    The state is that of x0 + sigma * noise, divided by sqrt(1 + sigma^2). A rectified flow's time is t = sigma / (1 + sigma):
    both kinds of model are asked at the same noise levels.

    Latents are (clips, channels, frames), float32, on the CPU. Each clip's initial noise and Brownian tree come from its own
    seed, on the CPU, so that neither its batch nor the device changes it.
    """
    frames = sample_size // model.pretransform.downsampling_ratio
    noise = torch.stack(
        [torch.randn(model.io_channels, frames, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )
    kept: list[tuple[str, int, torch.Tensor]] = []
    wanted = set(kept_steps)

    def keep(step: int, denoised: torch.Tensor, noisy: torch.Tensor) -> None:
        if step in wanted:
            kept.append(("denoised", step, denoised.float().cpu().clone()))
            kept.append(("noisy", step, noisy.float().cpu()))

    if settings.sampler in FLOW_SAMPLERS:
        _flow(model, noise, prompts, settings, device, keep)
    else:
        levels = sigmas(settings)
        denoise(model, noise.to(device) * levels[0], levels, prompts, seeds, settings, device, keep)
    yield from kept


def _guided(
    model: "ConditionedDiffusionModelWrapper", prompts: Sequence[str], settings: SamplingSettings, device: str
) -> dict[str, Any]:
    """What a model is asked with: its condition, and how to guide by it.

    stable-audio-tools' DiT reads an interval of guidance in its own noise level, the noise's weight in the state: sin(pi t / 2)
    of the v-objective, t of a rectified flow.
    """
    metadata = [{"prompt": prompt, "seconds_start": 0, "seconds_total": settings.seconds_total} for prompt in prompts]
    condition = model.get_conditioning_inputs(model.conditioner(metadata, device))
    sigma = settings.guidance_sigma_min
    lowest = sigma / (1 + sigma) if settings.sampler in FLOW_SAMPLERS else sigma / math.hypot(1, sigma)
    return {
        **condition,
        "cfg_scale": settings.guidance,
        "batch_cfg": True,
        "scale_phi": settings.guidance_rescale,
        "cfg_interval": (lowest, math.inf),
    }


def _precision(settings: SamplingSettings, device: str) -> torch.autocast:
    return torch.autocast(device, getattr(torch, settings.precision), enabled=settings.precision != "float32")


@torch.no_grad()
def denoise(
    model: "ConditionedDiffusionModelWrapper",
    state: torch.Tensor,
    levels: torch.Tensor,
    prompts: Sequence[str],
    seeds: Sequence[int],
    settings: SamplingSettings,
    device: str,
    keep: Callable[[int, torch.Tensor, torch.Tensor], None] | None = None,
) -> torch.Tensor:
    """Finished latents: what a v-objective model makes of ``state`` (clips, channels, frames) down ``levels`` to 0.

    ``state`` is x0 + levels[0] * noise. The noise that a stochastic sampler adds comes from each clip's own seed. ``keep`` is
    called once a step with its number among ``levels``, the x0 estimate and the state at unit spread.
    """
    tree = K.sampling.BrownianTreeNoiseSampler(state.cpu(), levels[-2], levels[0], seed=list(seeds))
    stochastic = (
        {"noise_sampler": lambda sigma, after: tree(sigma.cpu(), after.cpu()).to(device)}
        if "sde" in settings.sampler
        else {}
    )

    def callback(info: Mapping[str, Any]) -> None:
        if keep:
            keep(info["i"], info["denoised"], info["x"] / math.sqrt(1 + float(info["sigma"]) ** 2))

    guided = _guided(model, prompts, settings, device)
    with warnings.catch_warnings(), _precision(settings, device):
        warnings.filterwarnings("ignore", message="Should have t")
        return SAMPLERS[settings.sampler](
            K.external.VDenoiser(model.model),
            state.to(device),
            levels.to(device),
            disable=True,
            callback=callback,
            extra_args=guided,
            **stochastic,
        )


def _flow(
    model: Any, noise: torch.Tensor, prompts: Sequence[str], settings: SamplingSettings, device: str, keep: Any
) -> None:
    levels = sigmas(settings)
    times = levels / (1 + levels)
    state = noise.to(device) * times[0]
    late = settings.sampler == "euler"

    def callback(info: Mapping[str, Any]) -> None:
        nonlocal state
        step = info["i"] - 1 if late else info["i"]
        before, state = (state if late else info["x"]), info["x"]
        keep(step, info["denoised"], before / math.hypot(1 - float(times[step]), float(times[step])))

    guided = _guided(model, prompts, settings, device)
    with _precision(settings, device):
        FLOW_SAMPLERS[settings.sampler](
            model.model, state, sigmas=times.to(device), callback=callback, disable_tqdm=True, **guided
        )


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
