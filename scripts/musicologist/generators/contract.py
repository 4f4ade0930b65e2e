"""What a generator is: a diffusion model of audio that is asked for its x0 estimate at a noise level.

States are in variance-exploding coordinates for every kind of model, x = x0 + sigma * noise, so that one family of samplers
serves all: a rectified flow's x_t = (1 - t) x0 + t noise is x / (1 + sigma) at the time t = sigma / (1 + sigma). What a network
predicts, and what it is told, is its family's own affair. Read where nothing is computed too: no torch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Guidance:
    """Classifier-free guidance (Ho and Salimans 2022): how strong, and at which noise levels (Kynkäänniemi et al. 2024).

    ``rescale``: share of the guided answer that is brought back to the spread of the prompted one (Lin et al. 2024).
    """

    scale: float
    rescale: float = 0.0
    sigma_min: float = 0.0
    sigma_max: float = math.inf


class Estimates(NamedTuple):
    """x0 estimates (clips, channels, frames) out of one pass: what a sampler follows, and with the prompt alone, and without.

    Where there is no guidance ``guided`` is ``prompted``, and ``free`` is None: the network was not asked without the prompt.
    """

    guided: "torch.Tensor"
    prompted: "torch.Tensor"
    free: "torch.Tensor | None"


class Generator(Protocol):
    """A loaded model."""

    sample_rate: int
    """Of the audio, in Hz."""
    downsampling: int
    """Samples of audio that a frame of latents stands for."""
    margin: int
    """Frames beyond those decoded that may change what is heard before them."""

    def shape(self, seconds_total: float) -> tuple[int, int]:
        """Channels and frames of the latents of a clip that the model is told is so long."""

    def condition(self, prompts: Sequence[str], seconds_total: float) -> Any:
        """What ``denoise`` is to be told about clips with these prompts."""

    def denoise(self, x: "torch.Tensor", sigma: "torch.Tensor", condition: Any, guidance: Guidance) -> Estimates:
        """The estimates for states ``x`` (clips, channels, frames) at ``sigma`` (clips,), the same for all clips."""

    def decode(self, latents: "torch.Tensor") -> "torch.Tensor":
        """Audio (clips, audio channels, samples) of latents (clips, channels, frames), not normalised."""

    def halve(self, dtype: "torch.dtype") -> None:
        """Decode in this half-width type; keep in float32, under ``torch.autocast``, what half the bits are too few for."""

    def compile(self) -> None:
        """Compile the network that decodes (``compiling``), if there is one."""


@dataclass(frozen=True)
class Facts:
    """What a model's configuration tells before anything is loaded."""

    sample_rate: int
    channels: int
    """Of the audio."""
    seconds: float
    """Of the audio that it makes when it is told the configured length."""
    tokens: float
    """That its transformer reads for a clip of that length."""
    width: int
    """Of its transformer."""
    decoder_width: float
    """Numbers alive at once while it decodes, by sample of audio."""
    licence: str = ""
    """Of the weights, in words, where it is known."""
