"""Sounds of any subtype are read by what they are: the same clip whichever way it was saved."""

import io

import numpy as np
import pytest
import soundfile
from musicologist.core import shard_writing, shards
from musicologist.core.errors import UserError
from musicologist.inputs import audio as given_audio

from tests.support import tiny_models

RATE = 16_000
WAVE = np.random.default_rng(0).uniform(-0.7, 0.7, RATE).astype(np.float32)
STEP = {
    "PCM_24": 5e-5,
    "PCM_32": 5e-5,
    "FLOAT": 5e-5,
    "DOUBLE": 5e-5,
    "PCM_16": 7e-5,
    "PCM_U8": 8e-3,
    "ULAW": 2e-2,
    "ALAW": 2e-2,
}
"""By how much a sample may differ: half a step of 16 bits, or the step of the subtype itself."""


def saved(subtype, channels=1, kind="WAV"):
    buffer = io.BytesIO()
    soundfile.write(buffer, np.repeat(WAVE[:, None], channels, axis=1), RATE, format=kind, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["WAV", "AIFF", "WAVEX", "AU"])
@pytest.mark.parametrize("subtype", STEP)
def test_every_subtype_keeps_the_waveform(subtype, kind, tmp_path):
    if not soundfile.check_format(kind, subtype):
        kind = "WAV"
    (tmp_path / "a.wav").write_bytes(saved(subtype, 8 if subtype == "PCM_16" else 1, kind))
    audio, rate = given_audio.read_sound(tmp_path / "a.wav")
    assert rate == RATE
    assert np.abs(audio.mean(axis=0) - WAVE).max() < STEP[subtype]
    decoded, _ = shards.decode(shard_writing.encode(audio, rate))
    assert np.abs(decoded.mean(axis=0) - WAVE).max() < STEP[subtype] + 2e-5


def test_24_bits_that_hold_16_are_the_same_samples():
    integers = np.random.default_rng(0).integers(-32768, 32768, 400, dtype=np.int16)
    buffers = io.BytesIO(), io.BytesIO()
    for buffer, subtype in zip(buffers, ("PCM_16", "PCM_24"), strict=True):
        soundfile.write(buffer, integers, RATE, format="WAV", subtype=subtype)
    narrow, wide = (shard_writing.encode(shards.decode(buffer.getvalue())[0], RATE) for buffer in buffers)
    assert narrow == wide


def test_embeddings_do_not_depend_on_the_subtype_within_its_rounding(tmp_path):
    from musicologist.embedders import clap

    model = clap.load(tiny_models.clap_directory(tmp_path / "clap"))

    def embedded(subtype, channels=1):
        audio, rate = shards.decode(saved(subtype, channels))
        return model.embed_audio([shards.mono_at(audio, rate, RATE, "here")], 1)[0]

    plain = embedded("PCM_16")
    for subtype, channels, least in (("FLOAT", 1, 0.99999), ("PCM_24", 1, 0.99999), ("PCM_16", 8, 0.99999)):
        assert plain @ embedded(subtype, channels) > least, subtype
    for subtype in ("PCM_U8", "ULAW"):
        assert plain @ embedded(subtype) > 0.9, subtype


@pytest.mark.parametrize(("frames", "rate"), [(2**36 - 1, RATE), (10**9, RATE), (4000, 1), (4000, 655_350)])
def test_a_flac_that_claims_more_than_a_clip_has_is_refused_before_memory_is_taken(frames, rate):
    content = bytearray(shard_writing.encode(WAVE[None, :4000], RATE))
    at = content.index(b"fLaC") + 8 + 10  # of STREAMINFO: 20 bits of rate, 3 of channels, 5 of width, 36 of samples
    packed = (rate << 44) | (0 << 41) | (15 << 36) | frames
    content[at : at + 8] = packed.to_bytes(8, "big")
    with pytest.raises(ValueError, match=r"its header claims|no sound that can be read"):
        shards.decode(bytes(content))


def test_a_sentence_about_a_broken_sound_names_the_file_alone(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(UserError) as error:
        given_audio.read_sound(tmp_path / "a.wav")
    assert str(tmp_path / "a.wav") in str(error.value) and "BytesIO" not in str(error.value)
