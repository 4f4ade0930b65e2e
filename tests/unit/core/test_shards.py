import io
import json
import tarfile

import numpy as np
import pytest
import soundfile
from musicologist.core import shard_writing, shards
from musicologist.core.errors import UserError
from musicologist.core.shard_writing import Clip, ShardWriter

RATE = 16_000


def clip(key, channels=1, samples=400, **record):
    audio = np.random.default_rng(len(key)).uniform(-0.9, 0.9, (channels, samples)).astype(np.float32)
    return Clip(key, audio, RATE, record)


def members(*pairs):
    """The bytes of a tar file with these (name, content)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in pairs:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


FLAC = shard_writing.encode(np.full((1, 400), 0.5, np.float32), RATE)


def test_clips_come_back_in_their_order_within_half_a_16_bit_step(tmp_path):
    clips = [clip("b", 2, tempo=None, text="„Flöte“"), clip("aa", 1, 900, levels=[0.5, 1])]
    assert shard_writing.write(tmp_path / "s.tar", clips) == 2
    found = list(shards.read(tmp_path / "s.tar"))
    assert [(c.key, c.sample_rate, c.record) for c in found] == [(c.key, RATE, c.record) for c in clips]
    for before, after in zip(clips, found, strict=True):
        assert after.audio.dtype == np.float32
        assert after.audio.shape == before.audio.shape
        assert np.abs(after.audio - before.audio).max() <= 0.502 / 32767


def test_a_second_writing_of_what_was_read_changes_no_byte(tmp_path):
    shard_writing.write(tmp_path / "a.tar", [clip("one", x=1), clip("three", 2)])
    shard_writing.write(tmp_path / "b.tar", shards.read(tmp_path / "a.tar"))
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_any_tool_can_open_a_shard(tmp_path):
    shard_writing.write(tmp_path / "s.tar", [clip("one", 2, x=1)])
    with tarfile.open(tmp_path / "s.tar") as tar:
        assert tar.getnames() == ["one.flac", "one.json"]
        assert {member.mtime for member in tar.getmembers()} == {0}
        assert soundfile.info(io.BytesIO(tar.extractfile("one.flac").read())).subtype == "PCM_16"
        assert json.load(tar.extractfile("one.json")) == {"x": 1}


def test_what_is_louder_than_full_scale_is_clipped_not_wrapped(tmp_path):
    shard_writing.write(tmp_path / "s.tar", [Clip("loud", np.array([[3.0, -3.0, 0.5]], np.float32), RATE, {})])
    audio = next(shards.read(tmp_path / "s.tar")).audio[0]
    assert audio[:2].tolist() == [1, -1]
    assert audio[2] == pytest.approx(0.5, abs=2e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused_and_the_old_shard_stays(tmp_path, value):
    shard_writing.write(tmp_path / "s.tar", [clip("one")])
    before = (tmp_path / "s.tar").read_bytes()
    with pytest.raises(UserError, match=r"clip bad .* no numbers"):
        shard_writing.write(
            tmp_path / "s.tar", [clip("one"), Clip("bad", np.full((1, 9), value, np.float32), RATE, {})]
        )
    assert (tmp_path / "s.tar").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s.tar"]


def test_a_key_is_written_once(tmp_path):
    with pytest.raises(ValueError, match="one stands twice"):
        shard_writing.write(tmp_path / "s.tar", [clip("one"), clip("one")])
    assert not list(tmp_path.iterdir())


def test_several_shards_are_open_at_once_and_none_appears_before_the_end(tmp_path):
    with ShardWriter(tmp_path / "a" / "s.tar") as first, ShardWriter(tmp_path / "b" / "s.tar") as second:
        first.add(clip("one"))
        second.add(clip("one"))
        second.add(clip("two"))
        assert not list(tmp_path.rglob("s.tar"))
    assert len(list(shards.read(tmp_path / "a" / "s.tar"))) == 1
    assert len(list(shards.read(tmp_path / "b" / "s.tar"))) == 2


def test_every_truncation_is_noticed(tmp_path):
    shard_writing.write(tmp_path / "whole.tar", [clip("one"), clip("two"), clip("three")])
    whole = (tmp_path / "whole.tar").read_bytes()
    end = len(whole.rstrip(b"\0"))
    broken = tmp_path / "broken.tar"
    for length in [*range(0, end, 512), *range(100, end, 777)]:
        broken.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"broken\.tar.*delete it"):
            list(shards.read(broken))


def test_a_damaged_header_in_the_middle_is_noticed(tmp_path):
    content = bytearray(members(("a.flac", FLAC), ("a.json", b"{}"), ("b.flac", FLAC), ("b.json", b"{}")))
    second = content.index(b"b.flac")
    content[second : second + 512] = b"x" * 512
    (tmp_path / "s.tar").write_bytes(content)
    with pytest.raises(UserError, match="breaks off"):
        list(shards.read(tmp_path / "s.tar"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty file"),
        (b"no tar file at all" * 100, "expected a tar file"),
        (members(), "found no clips"),
        (members(("a.flac", FLAC)), "the clip a without its record"),
        (members(("a.flac", FLAC), ("b.flac", FLAC)), "the clip a without its record"),
        (members(("a.flac", FLAC), ("b.json", b"{}")), "the clip a without its record"),
        (members(*[("a.flac", FLAC), ("a.json", b"{}")] * 2), r"member a\.flac: found a key that stands twice"),
        (members(("a.flac", b"no sound"), ("a.json", b"{}")), r"member a\.json"),
        (members(("a.flac", FLAC), ("a.json", b"{")), r"member a\.json"),
        (members(("a.flac", FLAC), ("a.json", b"\xff\xfe")), r"member a\.json"),
        (members(("a.flac", FLAC), ("a.json", b"[1]")), "no JSON object"),
        (members(("a.txt", b"hello")), r"member a\.txt: found a member that is neither sound nor record"),
    ],
)
def test_what_is_no_shard_is_refused_with_its_place(tmp_path, content, sentence):
    (tmp_path / "s.tar").write_bytes(content)
    with pytest.raises(UserError, match=sentence) as error:
        list(shards.read(tmp_path / "s.tar"))
    assert str(tmp_path / "s.tar") in str(error.value)


def test_a_missing_shard_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="does not exist: expected a tar file of clips"):
        list(shards.read(tmp_path / "s.tar"))


def test_a_clip_is_handed_out_before_the_next_is_read(tmp_path):
    pairs = ("a.flac", FLAC), ("a.json", b"{}"), ("b.flac", b"no sound"), ("b.json", b"{}")
    (tmp_path / "s.tar").write_bytes(members(*pairs))
    stream = shards.read(tmp_path / "s.tar")
    assert next(stream).key == "a"
    with pytest.raises(UserError, match=r"member b\.json"):
        next(stream)
