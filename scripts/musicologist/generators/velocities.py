"""How a network's answer is read as an x0 estimate, of the v-objective and of a rectified flow; what half precision spares."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch

from musicologist.generators.contract import Guidance


class Reading(NamedTuple):
    """The network is told ``state * of_input`` at ``time``; its estimate is ``answer * of_answer + state * of_state``."""

    time: torch.Tensor
    of_input: torch.Tensor
    of_answer: torch.Tensor
    of_state: torch.Tensor

    def estimate(self, answer: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """The x0 estimate (clips, channels, frames)."""
        return answer * self.of_answer + state * self.of_state


def of_v(sigma: torch.Tensor) -> Reading:
    """Of the v-objective (Salimans and Ho 2022) at ``sigma`` (clips,), as k-diffusion's VDenoiser has it."""
    wide = sigma[:, None, None]
    spread = (wide**2 + 1) ** 0.5
    return Reading(sigma.atan() / torch.pi * 2, 1 / spread, -wide / spread, 1 / (wide**2 + 1))


def of_flow(sigma: torch.Tensor) -> Reading:
    """Of a rectified flow (Liu et al. 2022) at ``sigma`` (clips,): x_t = x / (1 + sigma), x0 = x_t - t v."""
    wide = sigma[:, None, None]
    return Reading(sigma / (1 + sigma), 1 / (1 + wide), -wide / (1 + wide), 1 / (1 + wide))


def guided(prompted: torch.Tensor, free: torch.Tensor, guidance: Guidance) -> torch.Tensor:
    """The guided answer (clips, channels, frames), as stable-audio-tools has it: spreads are over the channels."""
    answer = free + (prompted - free) * guidance.scale
    if guidance.rescale == 0:
        return answer
    rescaled = answer * (prompted.std(dim=1, keepdim=True) / answer.std(dim=1, keepdim=True))
    return guidance.rescale * rescaled + (1 - guidance.rescale) * answer


def keep_exact(modules: Iterable[Any]) -> None:
    """Run these modules in float32 under ``torch.autocast``."""

    def exact(forward: Any) -> Any:
        def call(tensor: torch.Tensor) -> torch.Tensor:
            with torch.autocast(tensor.device.type, enabled=False):
                return forward(tensor.float())

        return call

    for module in modules:
        module.forward = exact(module.forward)
