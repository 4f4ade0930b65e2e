"""The channel of generated audio: what a diffusion model's autoencoder does to any sound."""

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper

BATCH = 32


@torch.no_grad()
def through_autoencoder(model: "ConditionedDiffusionModelWrapper", audio: np.ndarray) -> np.ndarray:
    """Mono audio (clips, samples) at the model's rate, encoded and decoded again, within ±1; no clip depends on the others."""
    batches = torch.from_numpy(audio)[:, None].split(BATCH)
    pieces = [model.pretransform.decode(model.pretransform.encode(batch)) for batch in batches]
    return torch.cat(pieces)[:, 0].clamp(-1, 1).numpy()
