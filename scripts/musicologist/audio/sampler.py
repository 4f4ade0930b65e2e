"""Sampling with a record of the way: the x0 estimate and the noisy state at chosen steps, one seed per clip."""

import math
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from musicologist.audio import noise
from musicologist.audio.predictions import Network, Predictions
from musicologist.audio.sampling_options import SamplingSettings, check
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

HALF = ("bfloat16", "float16")
"""Precisions in which the transformer computes with half the bits; TF32 is a switch of the device (``devices.resolve``)."""

MARGIN = 16
"""Latent frames decoded beyond what is kept, so that the cut does not change what is heard before it."""


Keep = Callable[[int, torch.Tensor, torch.Tensor, Predictions], None]
"""Called once a step with its number, the x0 estimate, the state at unit spread, and what else the pass tells."""

Tell = Callable[[int, torch.Tensor], None]
"""Called once a guided step with its number and what the prompt tells about each clip there (``Predictions.nats``)."""


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
        check(config, settings.sampler, settings.seconds_kept, str(directory))
        if settings.precision in HALF:
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

    @property
    def frames(self) -> int:
        """How many frames of the latents are decoded: those of the kept seconds, and a margin."""
        samples = round(self.settings.seconds_kept * self.sample_rate)
        return -(-samples // self.model.pretransform.downsampling_ratio) + MARGIN

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
        sqrt(1 + sigma^2): of unit spread. A rectified flow's time is t = sigma / (1 + sigma): both kinds of model are asked at
        the same noise levels.

        Latents are (clips, channels, frames), float32, on the CPU. Each clip's noise, the initial and that of each step,
        comes from its own seed, on the CPU, so that neither its batch nor the device changes it.
        """
        shape = self.model.io_channels, self.config["sample_size"] // self.model.pretransform.downsampling_ratio
        initial = noise.drawn(seeds, shape)
        kept: list[tuple[Level, torch.Tensor]] = []

        def keep(step: int, denoised: torch.Tensor, noisy: torch.Tensor, predicted: Predictions) -> None:
            here = {"denoised": denoised, "noisy": noisy, "unguided": predicted.unguided}
            if step in kept_steps:
                kept.extend(((name, step), here[name].float().cpu().clone()) for name in here if name in signals)
            if tell and predicted.nats is not None:
                tell(step, predicted.nats.cpu())

        sigmas = self.sigmas
        if self.settings.sampler in FLOW_SAMPLERS:
            self._flow(initial * (sigmas[0] / (1 + sigmas[0])), sigmas, prompts, keep)
        else:
            self._denoise(initial * sigmas[0], 0, prompts, seeds, keep)
        yield from kept

    @torch.no_grad()
    def continue_from(
        self, noisy: torch.Tensor, step: int, prompts: Sequence[str], seeds: Sequence[int]
    ) -> torch.Tensor:
        """Finished latents (clips, channels, frames), from the signal ``noisy`` of ``step`` on, with the noise of ``seeds``.

        It is that which ``sample`` adds from there on for the same seeds; a deterministic sampler adds none. A multistep
        sampler begins anew. For a rectified flow the state's time is t = sigma / (1 + sigma).
        The level at which continuations agree about a feature is where it is fixed: Li and Chen 2024, critical windows (arXiv
        2403.01633); Sclocchi, Favero and Wyart 2025 (PNAS) noise and denoise likewise.
        """
        sigmas = self.sigmas[step:]
        if self.settings.sampler in FLOW_SAMPLERS:
            time = sigmas[0] / (1 + sigmas[0])
            return self._flow(noisy * torch.hypot(1 - time, time), sigmas, prompts).float().cpu()
        state = noisy * math.sqrt(1 + float(sigmas[0]) ** 2)
        return self._denoise(state, step, prompts, seeds).float().cpu()

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """The first ``seconds_kept`` of the audio (clips, channels, samples) that latents (clips, channels, frames) stand for.

        Only so many frames, and a margin, are decoded. The audio is as the model's own pretransform gives it, not normalised.
        """
        samples = round(self.settings.seconds_kept * self.sample_rate)
        audio = self.model.pretransform.decode(latents[..., : self.frames].to(self.device))
        return audio.float().cpu()[..., :samples]

    def _denoise(
        self,
        state: torch.Tensor,
        first: int,
        prompts: Sequence[str],
        seeds: Sequence[int],
        keep: Keep | None = None,
    ) -> torch.Tensor:
        """Finished latents: what a v-objective model makes of ``state`` (clips, channels, frames) from the step ``first`` on.

        ``state`` is x0 + sigma * noise at that step's level. The noise that a stochastic sampler adds comes from the clips' own
        seeds.
        """
        sigmas, network, step = self.sigmas, Network(flow=False), first
        levels = sigmas.tolist()  # asked of the GPU, each would wait for it

        def added(*interval: torch.Tensor) -> torch.Tensor:
            return noise.of_step(seeds, step, state.shape[1:]).to(self.device, non_blocking=True)

        stochastic = {"noise_sampler": added} if "sde" in self.settings.sampler else {}

        def callback(info: Mapping[str, Any]) -> None:
            nonlocal step
            step = first + info["i"]
            if keep:
                denoised, sigma = info["denoised"], levels[step]
                noisy = info["x"] / math.sqrt(1 + sigma**2)
                keep(step, denoised, noisy, network.predictions(denoised, noisy, sigma))

        guided = self._guided(prompts)
        with warnings.catch_warnings(), self._precision(), network.listened_to(self.model):
            warnings.filterwarnings("ignore", message="Should have t")
            return SAMPLERS[self.settings.sampler](
                K.external.VDenoiser(self.model.model),
                state.to(self.device),
                sigmas[first:].to(self.device),
                disable=True,
                callback=callback,
                extra_args=guided,
                **stochastic,
            )

    def _flow(
        self, state: torch.Tensor, sigmas: torch.Tensor, prompts: Sequence[str], keep: Keep | None = None
    ) -> torch.Tensor:
        """Finished latents: what a rectified flow makes of ``state``, (1 - t) x0 + t noise, down ``sigmas`` to 0."""
        times = sigmas / (1 + sigmas)
        state = state.to(self.device)
        late = self.settings.sampler == "euler"
        network = Network(flow=True)

        def callback(info: Mapping[str, Any]) -> None:
            nonlocal state
            step = info["i"] - 1 if late else info["i"]
            before, state = (state if late else info["x"]), info["x"]
            if keep:
                denoised, noisy = info["denoised"], before / math.hypot(1 - float(times[step]), float(times[step]))
                keep(step, denoised, noisy, network.predictions(denoised, noisy, float(sigmas[step])))

        guided = self._guided(prompts)
        with self._precision(), network.listened_to(self.model):
            return FLOW_SAMPLERS[self.settings.sampler](
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

        def weight(sigma: float) -> float:
            return sigma / (1 + sigma) if settings.sampler in FLOW_SAMPLERS else sigma / math.hypot(1, sigma)

        highest = settings.guidance_sigma_max
        return {
            **condition,
            "cfg_scale": settings.guidance,
            "batch_cfg": True,
            "scale_phi": settings.guidance_rescale,
            "cfg_interval": (weight(settings.guidance_sigma_min), math.inf if highest is None else weight(highest)),
        }

    def _precision(self) -> AbstractContextManager[Any]:
        precision = self.settings.precision
        return torch.autocast(self.device, getattr(torch, precision)) if precision in HALF else nullcontext()
