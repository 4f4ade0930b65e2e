"""What the network predicts with the prompt and without it, out of the one pass in which guidance asks for both."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper


@dataclass(frozen=True)
class Predictions:
    """What a step's pass tells beside the estimate that the sampler follows.

    ``unguided`` (clips, channels, frames) is the x0 estimate with the prompt alone; ``nats`` (clips,) what the prompt tells
    there in nats per unit of log sigma, None where the network was asked with the prompt alone.
    """

    unguided: torch.Tensor
    nats: torch.Tensor | None


class Network:
    """Keeps the latest answer of a diffusion transformer: (clips, channels, frames), with the prompt.

    Where it is asked without the prompt too, stable-audio-tools stacks both: (2 clips, channels, frames), the prompted first.
    """

    def __init__(self, flow: bool) -> None:
        """``flow``: its answers are velocities of a rectified flow, not those of the v-objective."""
        self.flow = flow
        self.answer = torch.empty(0)

    @contextmanager
    def listened_to(self, model: "ConditionedDiffusionModelWrapper") -> Iterator["Network"]:
        """Keep the answers of this model while the block lasts."""
        network = model.model.model
        ask = network._forward

        def kept(*arguments: Any, **more: Any) -> torch.Tensor:
            self.answer = ask(*arguments, **more)
            return self.answer

        network._forward = kept
        try:
            yield self
        finally:
            del network._forward  # the class's own is found again

    def predictions(self, denoised: torch.Tensor, noisy: torch.Tensor, sigma: float) -> Predictions:
        """Of the step whose estimate is ``denoised`` and whose state at unit spread is ``noisy``.

        An estimate is a share of that state less a share of the answer. With the noise predictions e = (x - x0) / sigma, what a
        prompt tells about a clip is the integral over log sigma of |e without - e with|^2, in nats of the latent: the pointwise
        information of Kong et al. 2024 (arXiv 2310.07972), who write it as half of the integral over the log-SNR.
        """
        clips = len(denoised)
        if len(self.answer) == clips:
            return Predictions(denoised, None)
        prompted, free = self.answer.float().split(clips)
        spread = math.hypot(1, sigma)
        of_state, of_answer = (spread / (1 + sigma), sigma / (1 + sigma)) if self.flow else (1 / spread, sigma / spread)
        told = ((of_answer / sigma * (prompted - free)) ** 2).sum(dim=(1, 2))
        return Predictions(of_state * noisy - of_answer * prompted, told)
