import numpy as np
import pyarrow as pa
import pytest
from musicologist.audio import acoustics, deformation
from musicologist.core.shard_writing import Clip

RATE = 16_000
TIME = np.arange(2 * RATE) / RATE


def tone(frequency, gain=0.5):
    return (gain * np.sin(2 * np.pi * frequency * TIME)).astype(np.float32)


def white(seed=0, gain=0.1, samples=2 * RATE):
    return (gain * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def test_a_tone_is_where_it_is_and_noise_is_flat():
    found = acoustics.measure(tone(1000), RATE)
    assert found["centroid_hz"] == pytest.approx(1000, rel=0.01)
    assert found["flatness_db"] < -40
    noise = acoustics.measure(white(), RATE)
    assert noise["centroid_hz"] == pytest.approx(RATE / 4, rel=0.02)
    assert noise["flatness_db"] > -0.5


def test_loudness_is_that_of_bs_1770():
    """A full-scale sine of 997 Hz in one channel has -3.01 LUFS (ITU-R BS.1770-4, annex 1)."""
    time = np.arange(48_000 * 2) / 48_000
    sine = np.sin(2 * np.pi * 997 * time).astype(np.float32)
    assert acoustics.loudness(sine, 48_000) == pytest.approx(-3.01, abs=0.05)
    assert acoustics.loudness(sine / 10, 48_000) == pytest.approx(-23.01, abs=0.05)


@pytest.mark.parametrize("audio", [np.zeros(RATE, np.float32), white(gain=1e-6), np.zeros(1600, np.float32)])
def test_what_is_below_the_gate_has_the_gates_loudness(audio):
    found = acoustics.measure(audio, RATE)
    assert found["loudness_lufs"] == acoustics.QUIETEST
    assert all(np.isfinite(value).all() for value in found.values())


def test_gain_changes_the_level_and_not_the_shape_of_a_spectrum():
    loud, soft = acoustics.measure(white(), RATE), acoustics.measure(white() / 4, RATE)
    assert loud["loudness_lufs"] - soft["loudness_lufs"] == pytest.approx(20 * np.log10(4), abs=0.01)
    assert loud["centroid_hz"] == pytest.approx(soft["centroid_hz"], rel=1e-3)
    difference = loud["mfcc"] - soft["mfcc"]
    assert difference[0] == pytest.approx(20 * np.log10(4) * np.sqrt(40), rel=1e-2)  # 40 bands, orthonormal DCT
    assert np.abs(difference[1:]).max() < 0.1


def test_cepstra_do_not_depend_on_the_rate():
    """White noise below 8 kHz, at 16 kHz and at 48 kHz."""
    from scipy.signal import resample_poly

    low = acoustics.measure(white(), RATE)["mfcc"]
    high = acoustics.measure(resample_poly(white(), 3, 1).astype(np.float32), 3 * RATE)["mfcc"]
    assert np.abs(low[1:10] - high[1:10]).max() < 3


def test_tables_of_clips_and_notes_have_their_schemas():
    record = {"prompt_id": 4, "sample": 1, "signal": "noisy", "step": 3}
    clips = [Clip(f"{number}", np.stack([white(number)] * 2), RATE, record) for number in range(3)]
    for schema in (acoustics.AUDIO_ACOUSTICS, acoustics.NOTE_ACOUSTICS):
        table = acoustics.table(iter(clips), schema)
        assert set(table.column_names) == set(schema.names)
        assert table.num_rows == 3
        assert pa.types.is_fixed_size_list(table["mfcc"].type)
    mfcc = table["mfcc"].to_pylist()
    assert np.allclose(mfcc[1], acoustics.measure(white(1), RATE)["mfcc"])


@pytest.mark.parametrize("sigma", [0.1, 1.0, 30.0])
def test_a_deformed_clip_has_the_levels_ratio_and_the_clips_power(sigma):
    clip = tone(300)
    noisy = deformation.noisy(clip, sigma, (3, 1))
    signal = clip / np.sqrt(1 + sigma**2)
    ratio = np.mean(signal**2) / np.mean((noisy - signal) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(-20 * np.log10(sigma), abs=0.1)
    assert np.mean(noisy**2) == pytest.approx(np.mean(clip**2), rel=0.05)
    assert np.array_equal(noisy, deformation.noisy(clip, sigma, (3, 1)))
    assert not np.array_equal(noisy, deformation.noisy(clip, sigma, (3, 2)))
