import numpy as np
import pytest
from musicologist.generators import stable_audio_tools

from benchmarks import channel

pytestmark = pytest.mark.slow


def test_a_sound_comes_back_with_its_shape_and_loudness_whatever_is_beside_it():
    model, config = stable_audio_tools.load_model("resources/models/diffusion")
    time = np.arange(config["sample_size"]) / config["sample_rate"]
    tones = np.stack([0.5 * np.sin(2 * np.pi * pitch * time) for pitch in (220, 440)]).astype(np.float32)
    heard = channel.through_autoencoder(model, tones)
    assert heard.shape == tones.shape
    assert heard.std(axis=1) == pytest.approx(tones.std(axis=1), rel=0.3)
    assert channel.through_autoencoder(model, tones[1:]) == pytest.approx(heard[1:], abs=1e-4)
