"""Sampling with a record of the way: the x0 estimate and the noisy state at chosen steps, one seed per clip."""

import hashlib
import math
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from musicologist.audio.sampling_options import SamplingSettings
from musicologist.core.errors import UserError
from musicologist.core.levels import Level
from musicologist.models.compat import k_diffusion as K

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


Keep = Callable[[int, torch.Tensor, torch.Tensor], None]
"""Called once a step with its number, the x0 estimate and the state at unit spread."""


def clip_seed(run_seed: int, prompt_id: int, sample: int) -> int:
    """The seed of one clip, 63 bits, a function of these three numbers alone."""
    digest = hashlib.sha256(f"{run_seed}/{prompt_id}/{sample}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def branch_seed(clip_seed: int, step: int, branch: int) -> int:
    """The seed of one branch, 63 bits, a function of these three numbers alone."""
    digest = hashlib.sha256(f"{clip_seed}/{step}/{branch}".encode()).digest()
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


def check_branching(settings: SamplingSettings, steps: Sequence[int]) -> None:
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


@dataclass(frozen=True)
class Sampler:
    """A diffusion model, its configuration, how it is asked, and the device (cpu or cuda) that it lies on."""

    model: "ConditionedDiffusionModelWrapper"
    config: Mapping[str, Any]
    settings: SamplingSettings
    device: str = "cpu"

    @classmethod
    def load(
        cls,
        family: ModuleType,
        directory: str | Path,
        settings: SamplingSettings,
        device: str = "cpu",
        text_encoder: str | None = None,
    ) -> "Sampler":
        """The model in ``directory`` or of this Hugging Face id, ready to be sampled, as its family (``registry``) loads it.

        Raises UserError where it cannot be loaded, or not be sampled with these settings.
        """
        model, config = family.load(directory, device, text_encoder)
        check(config, settings, str(directory))
        if settings.precision != "float32":
            family.keep_ends_exact(model)
        return cls(model, config, settings, device)

    @property
    def sample_rate(self) -> int:
        """Of the audio, in Hz."""
        return self.config["sample_rate"]

    @property
    def sigmas(self) -> torch.Tensor:
        """Noise levels (steps + 1,) as k-diffusion computes them: those of ``noise_levels.sigmas`` up to rounding, then 0."""
        settings = self.settings
        return K.sampling.get_sigmas_polyexponential(settings.steps, settings.sigma_min, settings.sigma_max, 1.0)

    @torch.no_grad()
    def sample(
        self, prompts: Sequence[str], seeds: Sequence[int], kept_steps: Collection[int]
    ) -> Iterator[tuple[Level, torch.Tensor]]:
        """Yield ((signal, step), latents) at every kept step: ``denoised`` is the x0 estimate, ``noisy`` the state.

        The state is that of x0 + sigma * noise, divided by sqrt(1 + sigma^2): of unit spread. A rectified flow's time is
        t = sigma / (1 + sigma): both kinds of model are asked at the same noise levels.

        Latents are (clips, channels, frames), float32, on the CPU. Each clip's initial noise and Brownian tree come from its
        own seed, on the CPU, so that neither its batch nor the device changes it.
        """
        shape = self.model.io_channels, self.config["sample_size"] // self.model.pretransform.downsampling_ratio
        noise = torch.stack([torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
        kept: list[tuple[Level, torch.Tensor]] = []

        def keep(step: int, denoised: torch.Tensor, noisy: torch.Tensor) -> None:
            if step in kept_steps:
                kept.append((("denoised", step), denoised.float().cpu().clone()))
                kept.append((("noisy", step), noisy.float().cpu()))

        if self.settings.sampler in FLOW_SAMPLERS:
            self._flow(noise, prompts, keep)
        else:
            sigmas = self.sigmas
            self._denoise(noise.to(self.device) * sigmas[0], sigmas, prompts, seeds, keep)
        yield from kept

    @torch.no_grad()
    def continue_from(
        self, noisy: torch.Tensor, step: int, prompts: Sequence[str], seeds: Sequence[int]
    ) -> torch.Tensor:
        """Finished latents (clips, channels, frames), from the signal ``noisy`` of ``step`` on, with noise from ``seeds``.

        The level at which continuations agree about a feature is where it is fixed: Li and Chen 2024, critical windows (arXiv
        2403.01633); Sclocchi, Favero and Wyart 2025 (PNAS) noise and denoise likewise.
        """
        sigmas = self.sigmas[step:]
        state = noisy * math.sqrt(1 + float(sigmas[0]) ** 2)
        return self._denoise(state, sigmas, prompts, seeds).float().cpu()

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """The first ``seconds_kept`` of the audio (clips, channels, samples) that latents (clips, channels, frames) stand for.

        Only so many frames, and a margin, are decoded. The audio is as the model's own pretransform gives it, not normalised.
        """
        samples = round(self.settings.seconds_kept * self.sample_rate)
        frames = -(-samples // self.model.pretransform.downsampling_ratio) + MARGIN
        return self.model.pretransform.decode(latents[..., :frames].to(self.device)).float().cpu()[..., :samples]

    def _denoise(
        self,
        state: torch.Tensor,
        sigmas: torch.Tensor,
        prompts: Sequence[str],
        seeds: Sequence[int],
        keep: Keep | None = None,
    ) -> torch.Tensor:
        """Finished latents: what a v-objective model makes of ``state`` (clips, channels, frames) down ``sigmas`` to 0.

        ``state`` is x0 + sigmas[0] * noise. The noise that a stochastic sampler adds comes from each clip's own seed.
        """
        tree = K.sampling.BrownianTreeNoiseSampler(state.cpu(), sigmas[-2], sigmas[0], seed=list(seeds))
        stochastic = (
            {"noise_sampler": lambda sigma, after: tree(sigma.cpu(), after.cpu()).to(self.device)}
            if "sde" in self.settings.sampler
            else {}
        )

        def callback(info: Mapping[str, Any]) -> None:
            if keep:
                keep(info["i"], info["denoised"], info["x"] / math.sqrt(1 + float(info["sigma"]) ** 2))

        guided = self._guided(prompts)
        with warnings.catch_warnings(), self._precision():
            warnings.filterwarnings("ignore", message="Should have t")
            return SAMPLERS[self.settings.sampler](
                K.external.VDenoiser(self.model.model),
                state.to(self.device),
                sigmas.to(self.device),
                disable=True,
                callback=callback,
                extra_args=guided,
                **stochastic,
            )

    def _flow(self, noise: torch.Tensor, prompts: Sequence[str], keep: Keep) -> None:
        sigmas = self.sigmas
        times = sigmas / (1 + sigmas)
        state = noise.to(self.device) * times[0]
        late = self.settings.sampler == "euler"

        def callback(info: Mapping[str, Any]) -> None:
            nonlocal state
            step = info["i"] - 1 if late else info["i"]
            before, state = (state if late else info["x"]), info["x"]
            keep(step, info["denoised"], before / math.hypot(1 - float(times[step]), float(times[step])))

        guided = self._guided(prompts)
        with self._precision():
            FLOW_SAMPLERS[self.settings.sampler](
                self.model.model, state, sigmas=times.to(self.device), callback=callback, disable_tqdm=True, **guided
            )

    def _guided(self, prompts: Sequence[str]) -> dict[str, Any]:
        """What the model is asked with: its condition, and how to guide by it.

        stable-audio-tools' DiT reads an interval of guidance in its own noise level, the noise's weight in the state:
        sin(pi t / 2) of the v-objective, t of a rectified flow.
        """
        settings = self.settings
        told = {"seconds_start": 0, "seconds_total": settings.seconds_total}
        metadata = [{"prompt": prompt, **told} for prompt in prompts]
        condition = self.model.get_conditioning_inputs(self.model.conditioner(metadata, self.device))
        sigma = settings.guidance_sigma_min
        lowest = sigma / (1 + sigma) if settings.sampler in FLOW_SAMPLERS else sigma / math.hypot(1, sigma)
        return {
            **condition,
            "cfg_scale": settings.guidance,
            "batch_cfg": True,
            "scale_phi": settings.guidance_rescale,
            "cfg_interval": (lowest, math.inf),
        }

    def _precision(self) -> torch.autocast:
        precision = self.settings.precision
        return torch.autocast(self.device, getattr(torch, precision), enabled=precision != "float32")
