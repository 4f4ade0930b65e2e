import numpy as np
import pytest
from musicologist.audio.shard_sampling import _AHEAD, write_clips
from musicologist.core import shard_writing
from musicologist.core.errors import UserError
from musicologist.core.shard_writing import Clip

LEVELS = ("denoised", 3), ("noisy", 3)


def made(count, broken=-1):
    """So many clips, level by level in turn; the one numbered ``broken`` is no sound."""
    dice = np.random.default_rng(0)
    for number in range(count):
        audio = dice.normal(0, 0.1, (2, 400)).astype(np.float32) * (np.nan if number == broken else 1)
        yield LEVELS[number % 2], Clip(f"{number:06d}", audio, 16_000, {"prompt_id": number // 2})


def paths(folder, name):
    return {level: folder / f"{name}_{level[0]}.tar" for level in LEVELS}


def test_clips_that_are_encoded_ahead_stand_where_they_would_otherwise(tmp_path):
    count = 2 * _AHEAD + 10
    tars, kept = paths(tmp_path, "all"), paths(tmp_path, "kept")
    write_clips(made(count), tars, kept, {0, 7})
    for level in LEVELS:
        mine = [clip for own, clip in made(count) if own == level]
        shard_writing.write(tmp_path / "expected.tar", mine)
        assert tars[level].read_bytes() == (tmp_path / "expected.tar").read_bytes()
        shard_writing.write(tmp_path / "expected.tar", [clip for clip in mine if clip.record["prompt_id"] in (0, 7)])
        assert kept[level].read_bytes() == (tmp_path / "expected.tar").read_bytes()


@pytest.mark.parametrize("broken", [1, 2 * _AHEAD])
def test_a_clip_that_is_no_sound_is_one_sentence_and_leaves_no_file(tmp_path, broken):
    with pytest.raises(UserError, match=f"The clip {broken:06d} for .*all_.* has samples that are no numbers"):
        write_clips(made(2 * _AHEAD + 10, broken), paths(tmp_path, "all"), {}, set())
    assert not list(tmp_path.iterdir())
