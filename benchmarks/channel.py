"""The channel of generated audio: what a diffusion model's autoencoder does to any sound."""

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper

BATCH = 32


@torch.no_grad()
def latents(model: "ConditionedDiffusionModelWrapper", audio: np.ndarray) -> torch.Tensor:
    """Latents (clips, channels, frames) of mono audio (clips, samples) at the model's rate."""
    return torch.cat([model.pretransform.encode(batch) for batch in torch.from_numpy(audio)[:, None].split(BATCH)])


@torch.no_grad()
def through_autoencoder(model: "ConditionedDiffusionModelWrapper", audio: np.ndarray) -> np.ndarray:
    """Mono audio (clips, samples) at the model's rate, encoded and decoded again, within ±1; no clip depends on the others."""
    pieces = [model.pretransform.decode(batch) for batch in latents(model, audio).split(BATCH)]
    return torch.cat(pieces)[:, 0].clamp(-1, 1).numpy()
