import numpy as np
import pytest
from musicologist.generators.log_mel_latent import HOP, MELS, LogMelPretransform

import torch  # isort: skip


@pytest.fixture(scope="module")
def latent():
    return LogMelPretransform(16000, mean=-5.2, spread=1.7, iterations=5)


@pytest.fixture(scope="module")
def audio():
    time = torch.arange(32000) / 16000
    tones = [sum(torch.sin(2 * np.pi * f0 * k * time) / k for k in range(1, 6)) for f0 in (110.0, 330.0, 523.0)]
    envelope = torch.exp(-2 * (time % 0.5))
    return torch.stack([0.2 * tone * envelope for tone in tones])[:, None]


def test_shapes(latent, audio):
    encoded = latent.encode(audio)
    assert encoded.shape == (3, MELS, 32000 // HOP)
    assert latent.decode(encoded).shape == audio.shape


def test_decoded_audio_has_the_spectrum_it_came_from(latent, audio):
    encoded = latent.encode(audio)
    again = latent.encode(latent.decode(encoded))
    assert (again - encoded).abs().mean() < 0.15 * encoded.std()


def test_a_clip_is_decoded_alone_as_in_a_batch(latent, audio):
    encoded = latent.encode(audio)
    together = latent.decode(encoded)
    for index in range(3):
        alone = latent.decode(encoded[index : index + 1])
        assert (alone - together[index : index + 1]).abs().max() < 2e-5


def test_decoding_is_smooth_and_bounded(latent):
    state = torch.randn(2, MELS, 60, generator=torch.Generator().manual_seed(0))
    decoded = latent.decode(state)
    moved = latent.decode(state + 1e-6 * torch.randn(state.shape, generator=torch.Generator().manual_seed(1)))
    assert (moved - decoded).abs().max() < 1e-3
    assert latent.decode(50 * torch.ones(1, MELS, 40)).isfinite().all()
    assert decoded.mean(-1).abs().max() < 1e-3


def test_a_loud_clip_is_turned_down_as_a_whole(latent, audio):
    encoded = latent.encode(audio)
    loud = latent.decode(8 * encoded.abs())
    assert loud.abs().amax(-1).numpy() == pytest.approx(0.9, abs=1e-5)
    assert loud.mean(-1).abs().max() < 1e-4
    below = latent.decode(encoded)
    assert below.abs().max() < 0.85  # and so not turned down
    assert 0.5 < below.square().mean() / audio.square().mean() < 1.5


def test_one_exploding_frame_does_not_silence_the_rest(latent, audio):
    encoded = latent.encode(audio)
    exploded = encoded.clone()
    exploded[..., 60] += 10
    before = latent.decode(encoded)[..., : 50 * HOP].square().mean()
    assert latent.decode(exploded)[..., : 50 * HOP].square().mean() > 0.1 * before


def test_silence_is_a_faint_hiss(latent):
    decoded = latent.decode(-50 * torch.ones(1, MELS, 100))
    assert (decoded * 32767).round().any()
    assert decoded.square().mean().sqrt() < 1e-4
