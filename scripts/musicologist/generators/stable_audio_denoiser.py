"""A model of stable-audio-tools as a generator: its diffusion transformer is asked as stable-audio-tools asks it."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from musicologist.generators import compiling, velocities
from musicologist.generators.contract import Estimates, Guidance

if TYPE_CHECKING:
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper

ENDS = ("timestep_features", "to_timestep_embed", "transformer.project_out", "postprocess_conv")
"""The embedding of the noise level, and the last projections, whose prompted and free halves guidance subtracts."""


class StableAudio:
    """A ``ConditionedDiffusionModelWrapper`` with its configuration and its device."""

    margin = 16

    def __init__(self, model: "ConditionedDiffusionModelWrapper", config: Mapping[str, Any], device: str) -> None:
        """Of the configuration the sample rate, the length and the objective are read."""
        self.model, self.device = model, device
        self.sample_rate: int = config["sample_rate"]
        self.downsampling: int = model.pretransform.downsampling_ratio
        self._shape = model.io_channels, config["sample_size"] // self.downsampling
        self._decoding = torch.float32
        self.flow = config["model"]["diffusion"].get("diffusion_objective", "v") != "v"

    def shape(self, seconds_total: float) -> tuple[int, int]:
        """Channels and frames of latents; these models make all clips equally long."""
        return self._shape

    def condition(self, prompts: Sequence[str], seconds_total: float) -> dict[str, Any]:
        """What the transformer is told."""
        told = {"seconds_start": 0, "seconds_total": seconds_total}
        metadata = [{"prompt": prompt, **told} for prompt in prompts]
        return self.model.get_conditioning_inputs(self.model.conditioner(metadata, self.device))

    def denoise(
        self, x: torch.Tensor, sigma: torch.Tensor, condition: Mapping[str, Any], guidance: Guidance
    ) -> Estimates:
        """As ``contract.Generator``.

        The transformer guides itself. It stacks clips with the prompt and without it, (2 clips, channels, frames), the
        prompted first, and reads an interval of guidance in its own noise level: the noise's weight in the state,
        sin(pi t / 2) of the v-objective, t of a rectified flow.
        """
        reading = (velocities.of_flow if self.flow else velocities.of_v)(sigma)

        def weight(level: float) -> float:
            return level / (1 + level) if self.flow else level / math.hypot(1, level)

        endless = math.isinf(guidance.sigma_max)
        interval = weight(guidance.sigma_min), math.inf if endless else weight(guidance.sigma_max)
        network = self.model.model.model
        ask, heard = network._forward, []

        def kept(*arguments: Any, **more: Any) -> torch.Tensor:
            heard.append(ask(*arguments, **more))
            return heard[-1]

        network._forward = kept
        try:
            answer = self.model.model(
                x * reading.of_input,
                reading.time,
                **condition,
                cfg_scale=guidance.scale,
                batch_cfg=True,
                scale_phi=guidance.rescale,
                cfg_interval=interval,
            )
        finally:
            del network._forward  # the class's own is found again
        followed = reading.estimate(answer, x)
        if len(heard[0]) == len(x):
            return Estimates(followed, followed, None)
        prompted, free = (reading.estimate(half, x) for half in heard[0].split(len(x)))
        return Estimates(followed, prompted, free)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Audio as the model's own pretransform gives it."""
        return self.model.pretransform.decode(latents.to(self._decoding))

    def halve(self, dtype: torch.dtype) -> None:
        """Decode in this type, where a network decodes; keep ``ENDS`` in float32."""
        autoencoder = getattr(self.model.pretransform, "model", None)
        if autoencoder is not None:
            autoencoder.decoder.to(dtype)
            self._decoding = dtype
        velocities.keep_exact(module for name, module in self.model.model.named_modules() if name.endswith(ENDS))

    def compile(self) -> None:
        """Compile the autoencoder's decoder, if the pretransform is one."""
        autoencoder = getattr(self.model.pretransform, "model", None)
        if autoencoder is not None:
            autoencoder.decoder = compiling.Compiled(autoencoder.decoder)
