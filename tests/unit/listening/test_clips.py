import io

import numpy as np
import pytest
import soundfile
from musicologist.core import shard_writing
from musicologist.core.errors import UserError
from musicologist.listening import clips
from PIL import Image

RATE = 16000
TIME = np.arange(RATE) / RATE


def tone(hertz: float, height: float = 0.1) -> np.ndarray:
    return np.float32([height * np.sin(2 * np.pi * hertz * TIME)])


@pytest.mark.parametrize(("rate", "kbit"), [(16000, 48), (16000, 64), (44100, 64), (44100, 96), (48000, 128)])
def test_mp3_has_the_bit_rate_that_was_asked_for_and_the_same_bytes_twice(rate, kbit):
    audio = np.float32(np.random.default_rng(0).uniform(-0.3, 0.3, (1, 4 * rate)))
    found = clips.mp3(audio, rate, kbit)
    assert len(found) * 8 / 4 / 1000 == pytest.approx(kbit, rel=0.12)
    assert clips.mp3(audio, rate, kbit) == found
    heard, heard_rate = soundfile.read(io.BytesIO(found))
    assert heard_rate == rate
    assert abs(len(heard) - 4 * rate) < 2400


def test_the_papers_folder_stays_below_200_mb():
    """56 prompts, three signals at ten levels, ten seconds in stereo at 64 kbit, in base64."""
    clip = clips.mp3(np.float32(np.random.default_rng(0).uniform(-0.3, 0.3, (2, 441000))), 44100, 64)
    assert 56 * 3 * 10 * (len(clip) * 4 / 3 + 5000) < 200e6


def test_a_rate_that_mp3_has_not_is_resampled():
    heard, rate = soundfile.read(io.BytesIO(clips.mp3(np.tile(tone(440), 2), 96000, 64)))
    assert rate == 44100
    assert len(heard) / rate == pytest.approx(2 * RATE / 96000, abs=0.06)


def test_all_clips_play_equally_loud():
    quiet, loud = clips.sound(tone(1000, 0.02), RATE, 48), clips.sound(tone(1000, 0.5), RATE, 48)
    assert quiet.gain_db - loud.gain_db == pytest.approx(20 * np.log10(25), abs=0.1)
    assert clips.gain_db(np.zeros(RATE, np.float32), RATE, 0.0) == 0


def test_no_peak_is_driven_beyond_full_scale():
    audio = tone(300, 0.01)
    audio[0, 500] = 0.9
    gain = clips.sound(audio, RATE, 48).gain_db
    assert 0.9 * 10 ** (gain / 20) <= 0.981


def test_pure_noise_is_hushed_and_music_is_not():
    assert clips.hush_db(100) == pytest.approx(clips.HUSH, abs=0.01)
    assert clips.hush_db(1) == pytest.approx(clips.HUSH / 2)
    assert clips.hush_db(0.2) < 0.4


@pytest.mark.parametrize("hertz", [200, 800, 4000])
def test_a_tone_is_a_line_at_its_pitch(hertz):
    found = clips.spectrogram(tone(hertz)[0], RATE)
    assert found.shape == (clips.BANDS, clips.FRAMES)
    line = clips.BANDS - 1 - found.mean(1).argmax()
    assert abs(line - clips.BANDS * np.log(hertz / 80) / np.log(0.49 * RATE / 80)) < 2


def test_a_sprite_has_a_tile_for_each_level_and_an_empty_place_is_black():
    picture = np.full((clips.BANDS, clips.FRAMES), 255, np.uint8)
    image = Image.open(io.BytesIO(clips.sprite([[picture, None]])))
    assert image.size == (2 * clips.FRAMES, clips.BANDS)
    pixels = np.asarray(image.convert("RGB"))
    assert pixels[0, 0].tolist() != [0, 0, 0]
    assert pixels[0, -1].max() < 8


def test_only_what_is_wanted_is_read(tmp_path):
    path = tmp_path / "shard.tar"
    shard_writing.write(
        path, [shard_writing.Clip(f"00000{n}_00", tone(200 + n), RATE, {"prompt_id": n}) for n in range(3)]
    )
    assert clips.keys(path) == ["000000_00", "000001_00", "000002_00"]
    [clip] = clips.pick(path, {"000001_00"})
    assert clip.record == {"prompt_id": 1}
    assert np.abs(clip.audio - tone(201)).max() < 1e-4


def test_a_broken_tar_file_is_one_sentence(tmp_path):
    path = tmp_path / "shard.tar"
    path.write_bytes(b"no tar file" * 100)
    with pytest.raises(UserError, match="no readable tar file of clips"):
        clips.keys(path)
