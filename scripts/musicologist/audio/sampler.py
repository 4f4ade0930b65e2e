"""Sampling with a record of the way: the x0 estimate and the noisy state at chosen steps, one seed per clip."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from musicologist.audio import noise
from musicologist.audio.sampling_options import SamplingSettings, check_length
from musicologist.core.errors import UserError
from musicologist.core.levels import Level
from musicologist.generators.contract import Estimates, Generator, Guidance
from musicologist.models import devices
from musicologist.models.compat import k_diffusion as K

import torch  # isort: skip

SAMPLERS = {
    "euler": K.sampling.sample_euler,
    "dpmpp-2m": K.sampling.sample_dpmpp_2m,
    "dpmpp-2m-sde": K.sampling.sample_dpmpp_2m_sde,
    "dpmpp-3m-sde": K.sampling.sample_dpmpp_3m_sde,
}
"""k-diffusion's samplers, for every kind of model: they call back once a step, counted from 0, before x is updated."""

Keep = Callable[[int, torch.Tensor, Estimates], None]
"""Called once a step with its number, the state (clips, channels, frames), and the estimates there."""

Tell = Callable[[int, torch.Tensor], None]
"""Called once a guided step with its number and what the prompt tells about each clip there (``nats``)."""


def clip_seed(run_seed: int, prompt_id: int, sample: int) -> int:
    """The seed of one clip, 63 bits, a function of these three numbers alone."""
    return noise.seed_of(run_seed, prompt_id, sample)


def branch_seed(clip_seed: int, step: int, branch: int) -> int:
    """The seed of one branch, 63 bits, a function of these three numbers alone."""
    return noise.seed_of(clip_seed, step, branch)


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


def nats(estimates: Estimates, sigma: float) -> torch.Tensor | None:
    """What the prompts tell about their clips (clips,) at a noise level, in nats per unit of log sigma; None without guidance.

    With the noise predictions e = (x - x0) / sigma it is the integral over log sigma of |e without - e with|^2, in nats of the
    latent: the pointwise information of Kong et al. 2024 (arXiv 2310.07972), who write it as half of the integral over the
    log-SNR.
    """
    if estimates.free is None:
        return None
    return (((estimates.prompted.float() - estimates.free.float()) / sigma) ** 2).sum(dim=(1, 2))


@dataclass(frozen=True)
class Sampler:
    """A generator, how it is asked, and the device (cpu or cuda) that it lies on."""

    generator: Generator
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

        Raises UserError where it cannot be loaded, or makes clips that are shorter than what is to be kept.
        """
        generator: Generator = family.load(directory, device, text_encoder)
        made = generator.shape(settings.seconds_total)[1] * generator.downsampling / generator.sample_rate
        check_length(settings.seconds_kept, made, str(directory))
        if settings.precision in devices.HALF:
            generator.halve(getattr(torch, settings.precision))
        if settings.decoder == "compiled":
            generator.compile()
        return cls(generator, settings, device)

    @property
    def sample_rate(self) -> int:
        """Of the audio, in Hz."""
        return self.generator.sample_rate

    @property
    def sigmas(self) -> torch.Tensor:
        """Noise levels (steps + 1,) as k-diffusion computes them: those of ``noise_levels.sigmas`` up to rounding, then 0."""
        settings = self.settings
        return K.sampling.get_sigmas_polyexponential(settings.steps, settings.sigma_min, settings.sigma_max, 1.0)

    @property
    def guidance(self) -> Guidance:
        """How the generator is guided."""
        settings, highest = self.settings, self.settings.guidance_sigma_max
        ends = settings.guidance_sigma_min, math.inf if highest is None else highest
        return Guidance(settings.guidance, settings.guidance_rescale, *ends)

    @property
    def frames(self) -> int:
        """How many frames of the latents are decoded: those of the kept seconds, and a margin."""
        samples = round(self.settings.seconds_kept * self.sample_rate)
        return -(-samples // self.generator.downsampling) + self.generator.margin

    @torch.no_grad()
    def sample(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        kept_steps: Collection[int],
        signals: Collection[str] = ("denoised", "noisy"),
        tell: Tell | None = None,
    ) -> Iterator[tuple[Level, torch.Tensor]]:
        """Yield ((signal, step), latents) at every kept step, of the signals that are asked for.

        ``denoised`` is the x0 estimate that the sampler follows, ``unguided`` the model's with the prompt alone, out of the
        same pass (where guidance is off both are one), ``noisy`` the state. That is x0 + sigma * noise, divided by
        sqrt(1 + sigma^2): of unit spread.

        Latents are (clips, channels, frames), float32, on the CPU. Each clip's noise, the initial and that of each step,
        comes from its own seed, on the CPU, so that neither its batch nor the device changes it.
        """
        sigmas = self.sigmas
        initial = noise.drawn(seeds, self.generator.shape(self.settings.seconds_total))
        kept: list[tuple[Level, torch.Tensor]] = []
        levels = sigmas.tolist()

        def keep(step: int, state: torch.Tensor, estimates: Estimates) -> None:
            if step in kept_steps:
                noisy = state / math.sqrt(1 + levels[step] ** 2)
                here = {"denoised": estimates.guided, "noisy": noisy, "unguided": estimates.prompted}
                kept.extend(((name, step), here[name].float().cpu().clone()) for name in here if name in signals)
            if tell and (told := nats(estimates, levels[step])) is not None:
                tell(step, told.cpu())

        self._denoise(initial.to(self.device) * sigmas[0], 0, prompts, seeds, keep)
        yield from kept

    @torch.no_grad()
    def continue_from(
        self, noisy: torch.Tensor, step: int, prompts: Sequence[str], seeds: Sequence[int]
    ) -> torch.Tensor:
        """Finished latents (clips, channels, frames), from the signal ``noisy`` of ``step`` on, with the noise of ``seeds``.

        It is that which ``sample`` adds from there on for the same seeds; a deterministic sampler adds none. A multistep
        sampler begins anew.
        The level at which continuations agree about a feature is where it is fixed: Li and Chen 2024, critical windows (arXiv
        2403.01633); Sclocchi, Favero and Wyart 2025 (PNAS) noise and denoise likewise.
        """
        state = noisy.to(self.device) * math.sqrt(1 + float(self.sigmas[step]) ** 2)
        return self._denoise(state, step, prompts, seeds).float().cpu()

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """The first ``seconds_kept`` of the audio (clips, channels, samples) that latents (clips, channels, frames) stand for.

        Only so many frames, and a margin, are decoded. The audio is as the model's own decoder gives it, not normalised.
        """
        samples = round(self.settings.seconds_kept * self.sample_rate)
        audio = self.generator.decode(latents[..., : self.frames].to(self.device))
        return audio.float().cpu()[..., :samples]

    def _denoise(
        self,
        state: torch.Tensor,
        first: int,
        prompts: Sequence[str],
        seeds: Sequence[int],
        keep: Keep | None = None,
    ) -> torch.Tensor:
        """Finished latents: what the model makes of ``state`` (clips, channels, frames) from the step ``first`` on.

        ``state`` is x0 + sigma * noise at that step's level. The noise that a stochastic sampler adds comes from the clips' own
        seeds.
        """
        condition, guidance = self.generator.condition(prompts, self.settings.seconds_total), self.guidance
        latest: list[Estimates] = []
        step = first

        def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            latest[:] = [self.generator.denoise(x, sigma, condition, guidance)]
            return latest[0].guided

        def added(*interval: torch.Tensor) -> torch.Tensor:
            return noise.of_step(seeds, step, state.shape[1:]).to(self.device, non_blocking=True)

        def callback(info: Mapping[str, Any]) -> None:
            nonlocal step
            step = first + info["i"]
            if keep:
                keep(step, info["x"], latest[0])

        stochastic = {"noise_sampler": added} if "sde" in self.settings.sampler else {}
        with devices.half(self.device, self.settings.precision):
            return SAMPLERS[self.settings.sampler](
                denoise, state, self.sigmas[first:].to(self.device), disable=True, callback=callback, **stochastic
            )
