import gzip
import io
import json
import random
import subprocess
import sys
import tarfile
import tracemalloc
import types
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from musicologist.core import parquet, shards
from musicologist.core.errors import UserError
from musicologist.notes import nsynth, packing
from musicologist.notes.tables import NOTES

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[3] / "scripts"


def tone(seed, rate=nsynth.SAMPLE_RATE, seconds=0.2):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, int(rate * seconds)).astype(np.float32)


def wav(audio, rate=nsynth.SAMPLE_RATE):
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def entries(*names, qualities=("bright",)):
    """Entries of examples.json for names like flute_acoustic_000-060-100."""
    made = {}
    for number, name in enumerate(names):
        instrument, pitch, velocity = name.rsplit("-", 2)
        made[name] = nsynth.entry(number, instrument, int(pitch), int(velocity), qualities)
    return made


def archive(path, examples, wavs, first=True, split="train"):
    """A tar.gz in NSynth's layout; ``wavs`` maps names to contents."""
    files = [(f"audio/{name}.wav", content) for name, content in wavs]
    text = examples if isinstance(examples, bytes) else json.dumps(examples).encode()
    files = [("examples.json", text), *files] if first else [*files, ("examples.json", text)]
    with tarfile.open(path, "w:gz") as tar:
        folder = tarfile.TarInfo(f"nsynth-{split}")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in files:
            info = tarfile.TarInfo(f"nsynth-{split}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


NAMES = [
    f"{family}_acoustic_{i:03d}-{60 + n:03d}-100" for family in ("flute", "bass") for i in (0, 1) for n in (2, 0, 1)
]


@pytest.fixture
def whole(tmp_path):
    return archive(tmp_path / "a.tar.gz", entries(*NAMES), [(name, wav(tone(n))) for n, name in enumerate(NAMES)])


def pack(path, per_instrument=0, count=2, split="train"):
    """Rows, and clips of each shard."""
    targets = [path.parent / f"shard_{number:04d}.tar" for number in range(count)]
    table = path.parent / "notes.parquet"
    number = packing.pack([packing.Source(path, split)], per_instrument, targets, table)
    rows = parquet.read(table, NOTES).to_pylist()
    assert len(rows) == number
    return rows, [list(shards.read(target)) for target in targets]


def test_notes_are_dealt_evenly_with_their_entries_and_their_audio(whole):
    rows, dealt = pack(whole, count=3)
    assert [row["note_id"] for row in rows] == sorted(NAMES)
    assert [len(clips) for clips in dealt] == [4, 4, 4]
    clips = {clip.key: clip for shard in dealt for clip in shard}
    assert set(clips) == set(NAMES)
    expected = entries(*NAMES)
    for number, name in enumerate(NAMES):
        assert clips[name].record == expected[name]
        assert clips[name].sample_rate == 16_000
        assert np.abs(clips[name].audio[0] - tone(number)).max() < 1e-4


def test_a_row_names_what_the_entry_encodes(whole):
    rows, _ = pack(whole)
    assert rows[0] == {
        "note_id": "bass_acoustic_000-060-100",
        "instrument": "bass_acoustic_000",
        "family": "bass",
        "source": "acoustic",
        "qualities": ["bright"],
        "pitch": 60,
        "velocity": 100,
        "split": "train",
    }


def test_order_of_the_archive_changes_neither_the_rows_nor_the_dealing(whole, tmp_path):
    shuffled = [(name, wav(tone(n))) for n, name in reversed(list(enumerate(NAMES)))]
    products = [f"shard_{number:04d}.tar" for number in range(2)] + ["notes.parquet"]
    pack(whole, per_instrument=2)
    for name, first in (("first", True), ("last", False)):
        folder = tmp_path / name
        folder.mkdir()
        pack(archive(folder / "b.tar.gz", entries(*NAMES), shuffled, first), per_instrument=2)
        for product in products:
            assert (folder / product).read_bytes() == (tmp_path / product).read_bytes()


def test_an_unpacked_folder_gives_the_same_bytes_as_its_archive(whole, tmp_path):
    with tarfile.open(whole) as tar:
        tar.extractall(tmp_path / "other", filter="data")
    pack(whole)
    pack(tmp_path / "other" / "nsynth-train")
    for product in ("shard_0000.tar", "shard_0001.tar", "notes.parquet"):
        assert (tmp_path / product).read_bytes() == (tmp_path / "other" / product).read_bytes()
    (tmp_path / "other/nsynth-train/examples.json").unlink()
    with pytest.raises(UserError, match=r"nsynth-train has no examples\.json"):
        pack(tmp_path / "other" / "nsynth-train")


def test_several_splits_are_dealt_together_and_each_row_names_its_own(tmp_path):
    sources = []
    for split, families in (("valid", ("flute", "bass")), ("test", ("organ", "reed"))):
        names = [f"{family}_acoustic_000-{60 + n:03d}-100" for family in families for n in range(3)]
        path = archive(tmp_path / f"{split}.tar.gz", entries(*names), [(n, wav(tone(1))) for n in names], split=split)
        sources.append(packing.Source(path, split))
    targets = [tmp_path / "a.tar", tmp_path / "b.tar"]
    assert packing.pack(sources, 2, targets, tmp_path / "notes.parquet") == 8
    rows = parquet.read(tmp_path / "notes.parquet", NOTES).to_pylist()
    assert {(row["family"], row["split"]) for row in rows} == {
        ("flute", "valid"), ("bass", "valid"), ("organ", "test"), ("reed", "test"),
    }  # fmt: skip
    with pytest.raises(UserError, match=r"stands twice in examples\.json \(or in two splits\)"):
        packing.pack([sources[0], packing.Source(sources[0].place, "valid")], 0, targets, tmp_path / "notes.parquet")


def test_the_first_notes_of_an_instrument_by_name_are_taken(whole):
    rows, dealt = pack(whole, per_instrument=2)
    assert len(rows) == 8
    assert sorted(clip.key for clips in dealt for clip in clips) == [row["note_id"] for row in rows]
    assert {row["pitch"] for row in rows} == {60, 61}


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole,
        lambda whole: whole + b"LIST\4\0\0\0name",
        lambda whole: whole[:-1],
        lambda whole: whole[:44],
    ],
    ids=["as NSynth's", "more behind it", "cut", "no samples"],
)
def test_a_note_of_16_bits_is_taken_as_it_stands_and_is_the_same_as_decoded(change, monkeypatch):
    content = change(wav(tone(1)))
    found = []
    for plain in (nsynth._as_it_stands, lambda content: None):
        monkeypatch.setattr(nsynth, "_as_it_stands", plain)
        try:
            found.append(nsynth.flac("a.wav", content))
        except nsynth.Unusable as error:
            found.append(error.reason)
    assert found[0] == found[1]


def test_silent_notes_are_left_out(tmp_path):
    wavs = [(name, wav(tone(n) * (n != 1))) for n, name in enumerate(NAMES)]
    rows, dealt = pack(archive(tmp_path / "a.tar.gz", entries(*NAMES), wavs))
    assert NAMES[1] not in {row["note_id"] for row in rows}
    assert sum(map(len, dealt)) == len(rows) == len(NAMES) - 1


def test_what_write_archive_writes_can_be_packed_and_is_the_same_each_time(tmp_path):
    given = [(entry, tone(n)) for n, entry in enumerate(entries(*NAMES).values())]
    assert nsynth.write_archive(tmp_path / "a.tar.gz", "valid", given) == len(NAMES)
    nsynth.write_archive(tmp_path / "b.tar.gz", "valid", given)
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()
    rows, _ = pack(tmp_path / "a.tar.gz", split="valid")
    assert {row["split"] for row in rows} == {"valid"}
    assert len(rows) == len(NAMES)


def last_whole_member(content):
    """The last file of a truncated tar.gz that is there in full, found without the code under test."""
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = b"".join(unpacker.decompress(content[start : start + 64]) for start in range(0, len(content), 64))
    last, at = None, 0
    while at + 512 <= len(unpacked):
        name, size = unpacked[at : at + 100].rstrip(b"\0").decode(), int(unpacked[at + 124 : at + 135] or b"0", 8)
        if not name or at + 512 + size > len(unpacked):
            break
        last, at = name, at + 512 + -(-size // 512) * 512
    return last


@pytest.mark.parametrize("first", [True, False])
def test_a_cut_at_any_byte_names_the_last_good_member(tmp_path, first):
    path = archive(tmp_path / "a.tar.gz", entries(*NAMES), [(n, wav(tone(i))) for i, n in enumerate(NAMES)], first)
    content = path.read_bytes()
    dice, named = random.Random(3), set()
    for _ in range(20):
        cut = dice.randrange(len(content) // 10, len(content))
        path.write_bytes(content[:cut])
        with pytest.raises(UserError) as error:
            pack(path)
        good = last_whole_member(content[:cut])
        named.add(good)
        assert f"the last good member is {good})" in str(error.value)
    assert len(named) > 5


@pytest.mark.parametrize("first", [True, False])
def test_truncation_anywhere_is_noticed_and_leaves_no_shard(tmp_path, first):
    path = archive(tmp_path / "a.tar.gz", entries(*NAMES), [(n, wav(tone(i))) for i, n in enumerate(NAMES)], first)
    content = path.read_bytes()
    for share in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(UserError, match=r"a\.tar\.gz is truncated, damaged or no tar\.gz file"):
            pack(path)
    path.write_bytes(content[:-4])
    with pytest.raises(UserError, match="is truncated"):
        pack(path)
    assert list(tmp_path.iterdir()) == [path]


def test_the_checksum_behind_a_long_padding_is_compared(whole):
    content = bytearray(gzip.compress(gzip.decompress(whole.read_bytes()) + bytes(3 << 20), mtime=0))
    whole.write_bytes(content)
    assert len(pack(whole)[0]) == len(NAMES)
    content[-6] ^= 0xFF  # in the CRC
    whole.write_bytes(content)
    with pytest.raises(UserError, match="Incorrect checksum"):
        pack(whole)


def test_a_flipped_byte_is_noticed(whole):
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 0xFF
    whole.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.tar\.gz"):
        pack(whole)


ONE = "flute_acoustic_000-060-100"
TWO = "flute_acoustic_000-061-100"
GOOD = [(ONE, wav(tone(1))), (TWO, wav(tone(2)))]


def changed(**fields):
    made = entries(ONE, TWO)
    made[TWO].update(fields)
    return made


def twice():
    text = json.dumps(entries(ONE))
    return f"{text[:-1]}, {text[1:]}".encode()


@pytest.mark.parametrize(
    ("examples", "wavs", "sentence"),
    [
        (entries(ONE, TWO), GOOD[:1], rf"examples\.json names {TWO}, but nsynth-train/audio has no such wav"),
        (entries(ONE), GOOD, rf"{TWO}\.wav has no entry in examples\.json"),
        (entries(ONE, TWO), [*GOOD, GOOD[0]], rf"the note {ONE} stands twice"),
        (entries(ONE, TWO), [GOOD[0], (TWO, wav(tone(2, 8000), 8000))], rf"{TWO}\.wav has a rate of 8000 Hz"),
        (entries(ONE, TWO), [GOOD[0], (TWO, b"no sound")], rf"Left out: 1 notes \(no readable WAV file\), first {TWO}"),
        (
            entries(ONE, TWO),
            [GOOD[0], (TWO, wav(tone(2, seconds=0.05)))],
            rf"Left out: 1 notes \(too short\), first {TWO}",
        ),
        (changed(instrument_family_str="kazoo"), GOOD, rf"{TWO} has the family 'kazoo'"),
        (changed(instrument_source_str="hand"), GOOD, rf"{TWO} has the source 'hand'"),
        (changed(qualities=[1, 0]), GOOD, rf"the entry of {TWO} in examples\.json is not as NSynth's"),
        (changed(pitch="high"), GOOD, rf"the entry of {TWO} in examples\.json"),
        ({ONE: "flute"}, GOOD, rf"the entry of {ONE} in examples\.json"),
        (b"{not json", GOOD, r"examples\.json is not as expected"),
        (b"\xff\xfe{}", GOOD, r"examples\.json is not as expected"),
        (twice(), GOOD, f"the note {ONE} stands twice in examples.json"),
        (json.dumps(entries(ONE, TWO)).encode()[:-20], GOOD, r"examples\.json is not as expected"),
        (changed(instrument_str="flute_acoustic_007"), GOOD, rf"{TWO} has the instrument 'flute_acoustic_007'"),
        (b"{}", [], r"examples\.json holds no notes"),
        (b"{}", GOOD, r"wav has no entry in examples\.json"),
        (b"[1, 2]", GOOD, r"examples\.json is not as expected \(it is no JSON object\)"),
        (entries(ONE), GOOD[:1], "too few for 2 shards"),
        (
            entries(ONE, TWO),
            [(ONE, wav(tone(1) * 0)), (TWO, wav(tone(1) * 0))],
            "0 notes that can be heard, too few",
        ),
    ],
)
def test_a_bad_archive_is_one_sentence(tmp_path, examples, wavs, sentence):
    path = archive(tmp_path / "a.tar.gz", examples, wavs)
    with pytest.raises(UserError, match=sentence) as error:
        pack(path)
    assert str(path) in str(error.value)
    assert list(tmp_path.iterdir()) == [path]


def test_an_archive_of_another_split_says_what_it_holds(tmp_path):
    path = archive(tmp_path / "a.tar.gz", entries(ONE, TWO), GOOD, split="valid")
    with pytest.raises(UserError, match=r"has no nsynth-train/examples\.json \(it holds nsynth-valid\)"):
        pack(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"is truncated, damaged or no tar\.gz|has no nsynth-train"),
        (b"plain text", r"no tar\.gz file"),
        (gzip.compress(b"plain text"), r"no tar\.gz file"),
        (gzip.compress(bytes(10240)), r"has no nsynth-train/examples\.json \(it holds nothing\)"),
    ],
    ids=["empty", "text", "compressed text", "compressed zeros"],  # the same in every process: gzip writes the time
)
def test_what_is_no_archive_is_one_sentence(tmp_path, content, sentence):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        pack(tmp_path / "a.tar.gz")


def test_a_missing_archive_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        pack(tmp_path / "a.tar.gz")


def test_the_script_writes_shards_and_table_or_one_sentence(whole, tmp_path):
    command = [
        sys.executable,
        SCRIPTS / "pack_notes.py",
        "--sources",
        whole,
        "--splits",
        "train",
        "--per-instrument",
        "0",
    ]
    command += ["--shards", tmp_path / "s0.tar", tmp_path / "s1.tar", "--notes", tmp_path / "notes.parquet"]
    subprocess.run(command, check=True)
    table = parquet.read(tmp_path / "notes.parquet", NOTES)
    assert table["note_id"].to_pylist() == sorted(NAMES)
    whole.write_bytes(whole.read_bytes()[:2000])
    failed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "is truncated, damaged" in failed.stderr.splitlines()[-1]
    assert "Traceback" not in failed.stderr


def test_memory_does_not_grow_with_the_archive(tmp_path):
    """What is known about a note waits on disk: 4,500 notes more, some 3 MB of entries, cost no more memory."""
    content = wav(tone(1, seconds=0.1))
    peaks = []
    for number in (1_500, 6_000):
        names = [f"flute_acoustic_{n // 100:03d}-{n % 100:03d}-100" for n in range(number)]
        path = archive(tmp_path / "a.tar.gz", entries(*names), ((name, content) for name in names))
        tracemalloc.start()
        packing.pack([packing.Source(path, "train")], 1, [tmp_path / "s.tar"], tmp_path / "notes.parquet")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + (1 << 19)


def test_too_small_a_disk_is_said_before_anything_is_read(whole, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: types.SimpleNamespace(free=1000))
    with pytest.raises(UserError, match=r"Packing the notes needs .* GB on the disk of .* where 0\.00 GB are free"):
        pack(whole)


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize(("examples", "wavs"), [(entries(ONE, TWO), [*GOOD, GOOD[0]]), (twice(), GOOD)])
def test_a_note_that_stands_twice_is_found_wherever_the_rows_are_cut(tmp_path, monkeypatch, at_once, examples, wavs):
    monkeypatch.setattr(packing, "_AT_ONCE", at_once)
    with pytest.raises(UserError, match=f"the note {ONE} stands twice"):
        pack(archive(tmp_path / "a.tar.gz", examples, wavs))
