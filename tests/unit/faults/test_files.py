"""Files of the right name and another content: each kind is read for what it is, or refused in a sentence."""

import io
import json
import os
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from musicologist.core import documents, errors, shards
from musicologist.core.errors import UserError
from musicologist.inputs import annotations, embeddings, prompts, section
from musicologist.inputs import audio as given_audio
from musicologist.notes import nsynth, synthesizer
from musicologist.workflow import planned
from musicologist.workflow.run import load

ROOT = Path(__file__).parents[3]

RATE = 16_000
WAVE = (0.5 * np.sin(np.arange(RATE) * 0.2)).astype(np.float32)


def saved(kind, subtype, rate=RATE):
    """Bytes of a sound file; some subtypes can be written to a named file alone."""
    buffer = io.BytesIO()
    soundfile.write(buffer, WAVE, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("WAV", "IMA_ADPCM"),
        ("WAV", "MS_ADPCM"),
        ("WAV", "GSM610"),
        ("WAV", "NMS_ADPCM_32"),
        ("AU", "G721_32"),
        ("AIFF", "IMA_ADPCM"),
        ("RF64", "FLOAT"),
        ("W64", "DOUBLE"),
        ("CAF", "ALAC_24"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_what_cannot_be_sought_in_is_read_as_well(kind, subtype):
    audio, rate = shards.decode(saved(kind, subtype))
    assert rate == RATE
    spectrum = np.abs(np.fft.rfft(audio[0, :RATE]))
    assert spectrum.argmax() == pytest.approx(0.2 * RATE / 2 / np.pi, abs=2)
    assert np.sqrt((audio[0, 800:RATE] ** 2).mean()) == pytest.approx(0.354, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [(kind, "PCM_16") for kind in ("WAV", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC")]
    + [("OGG", "VORBIS"), ("WAVEX", "FLOAT")],
)
def test_a_sound_that_breaks_off_is_never_taken_for_a_short_one(kind, subtype):
    whole = saved(kind, subtype)
    for share in (0.3, 0.6, 0.9):
        with pytest.raises(ValueError, match=r"breaks off|no sound that can be read"):
            shards.decode(whole[: int(share * len(whole))])


def test_a_sound_written_to_a_pipe_does_not_know_its_length():
    content = bytearray(saved("WAV", "PCM_16"))
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    assert shards.decode(bytes(content))[0].shape == (1, RATE)


def aliases(merge):
    names = "abcdefghi"
    begin = "a: &a {k: 1}\n" if merge else "a: &a [x, x, x, x, x, x, x, x, x]\n"
    lines = []
    for before, name in pairwise(names):
        nine = ", ".join([f"*{before}"] * 9)
        lines.append(f"{name}: &{name} {{<<: [{nine}], k{name}: 1}}\n" if merge else f"{name}: &{name} [{nine}]\n")
    return begin + "".join(lines)


YAML = {
    "merges without end": (aliases(True), "keys are merged into one another"),
    "aliases without end": (aliases(False), "more than 100000 values"),
    "a list in itself": ("a: &a [*a]\n", "nested too deeply"),
    "a number of thousands of digits": ("a: 1" + "0" * 5000, "is not YAML"),
    "a hexadecimal one": ("a: 0x" + "f" * 6000, "a is a number of 24000 bits"),
    "two documents": ("a: 1\n---\nb: 2\n", "is not YAML"),
    "code that Snakemake runs": ("__use_yte__: true\na: 1", "with which Snakemake runs code"),
    "no such day": ("a: 2026-13-45", "is not YAML"),
    "a key that is a list": ("? [a, b]\n: 1", "is not YAML"),
}


@pytest.mark.parametrize("case", YAML)
def test_a_hostile_or_mistaken_yaml_file_is_one_sentence_and_soon(tmp_path, case):
    text, sentence = YAML[case]
    (tmp_path / "a.yaml").write_text(text)
    began = time.monotonic()
    with pytest.raises(UserError, match=sentence):
        documents.load_yaml(tmp_path / "a.yaml", "a configuration")
    assert time.monotonic() - began < 20


def test_a_link_to_itself_is_one_sentence(tmp_path):
    (tmp_path / "a.yaml").symlink_to(tmp_path / "a.yaml")
    with pytest.raises(OSError, match="symbolic links") as caught:
        documents.load_yaml(tmp_path / "a.yaml", "a configuration")
    assert "a link there leads back to itself" in errors.sentence_of(caught.value)


PROMPTS = {
    "bom.csv": (
        '\ufeff"Prompt","mood"\r\n"A ""big"" flute, loud","x"\r\n"B\r\nC","y"\r\n',
        ['A "big" flute, loud', "B\r\nC"],
    ),
    "lines above.csv": ("\n\nprompt\nA flute\n", ["A flute"]),
    "old mac.csv": ("prompt\rA\rB\r", ["A", "B"]),
    "twice.csv": ("prompt,Prompt\nA,B\n", "line 1: the column prompt stands twice"),
    "both.csv": ("prompt,text\nA,B\n", "both the columns text and prompt may be the prompt"),
    "unquoted.csv": ('prompt\n"A flute\nB\n', "no CSV after line"),
    "zero.csv": ("prompt\nA\0B\n", "zero byte"),
    "twice.json": ('[{"prompt": "A", "prompt": "B"}]', "the key 'prompt' stands twice in a record"),
    "twice.jsonl": ('{"Prompt": "A", "prompt": "B"}', "the column prompt stands twice"),
    "one object.json": ('{"prompts": ["A", "B"]}', "no prompt; did you mean 'prompt'"),
}


@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_prompts_as_other_programs_write_them(tmp_path, name, encoding):
    content, expected = PROMPTS[name]
    (tmp_path / name).write_bytes(content.encode(encoding))
    if encoding == "utf-8" and isinstance(expected, list):
        assert prompts.read_given(tmp_path / name) == expected
    else:
        with pytest.raises(UserError, match="is not UTF-8 text" if encoding == "utf-16" else expected):
            prompts.read_given(tmp_path / name)


@pytest.mark.parametrize(
    "table",
    [
        pa.table({}),
        pa.table({"prompt": pa.nulls(2)}),
        pa.table({"prompt": [1, 2]}),
        pa.table({"prompt": [{"a": 1}]}),
        pa.table({"prompt": pa.array([b"\xff"])}),
        pa.table({"prompt": ["A"], "Prompt": ["B"]}),
        pa.Table.from_arrays([pa.array(["A"]), pa.array(["B"])], names=["prompt", "prompt"]),
    ],
    ids=["no column", "null", "numbers", "records", "bytes", "two cases", "one name"],
)
def test_a_table_without_one_prompt_a_row_is_one_sentence(tmp_path, table):
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(UserError):
        prompts.read_given(tmp_path / "a.parquet")


def as_npz(path, array):
    np.savez(path.with_suffix(".npz"), array)
    os.rename(path.with_suffix(".npz"), path)


def version_3(path, array):
    np.save(path, array)
    content = path.read_bytes()
    path.write_bytes(content[:6] + b"\x03\x00" + content[8:10] + b"\0\0" + content[10:])


ARRAYS = {
    "an npz": (as_npz, "the magic string is not correct"),
    "objects": (lambda path, array: np.save(path, np.array([[1, "a"]], object), allow_pickle=True), "Object arrays"),
    "named fields": (lambda path, _: np.save(path, np.zeros(4, [("a", "f4")])), "expected one array of floating-point"),
    "complex": (lambda path, array: np.save(path, array.astype(complex)), "expected one array of floating-point"),
    "another version": (version_3, "version 3.0 of the format"),
    "empty": (lambda path, _: path.touch(), "cannot be read as a plain array"),
    "a folder": (lambda path, _: path.mkdir(), "cannot be read as a plain array"),
    "a link to itself": (lambda path, _: path.symlink_to(path), "cannot be read as a plain array"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_an_array_that_is_none_is_one_sentence(tmp_path, case):
    write, sentence = ARRAYS[case]
    write(tmp_path / "a.npy", np.ones((4, 8), np.float32))
    with pytest.raises(UserError, match=sentence):
        embeddings.load_array(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("factor", "sentence"), [(np.nan, "not finite"), (0, "only zeros"), (1e-44, "only zeros, or as good")]
)
def test_embeddings_that_say_nothing_are_one_sentence(factor, sentence):
    array = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    array[2] *= np.float32(factor)
    with pytest.raises(UserError, match=rf"row 2 has .*{sentence}"):
        embeddings.unit(array, "a.npy")


@pytest.mark.parametrize("bpm", ["-5", "1e400", "true", "[120]"])
def test_a_tempo_that_is_none_is_one_sentence(tmp_path, bpm):
    (tmp_path / "a.json").write_text(f'[{{"prompt": "A", "aspects": [], "bpm": {bpm}}}]')
    with pytest.raises(UserError, match=r"record 1: bpm is .*expected a number up to"):
        annotations.read_original(tmp_path / "a.json")


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.yaml")
    for place in (tmp_path / "a.yaml", "/dev/zero"):
        with pytest.raises(UserError, match="is a pipe or a device: expected a configuration, a plain file"):
            documents.load_yaml(place, "a configuration")
    os.mkfifo(tmp_path / "prompt_0_sample_0.wav")
    with pytest.raises(UserError, match="no plain file, but a folder, pipe or device"):
        given_audio.read_sound(tmp_path / "prompt_0_sample_0.wav")
    os.mkfifo(tmp_path / "a.json")
    places = ("prompts", "annotations", "audio", "clips", "embeddings", "notes", "note_embeddings")
    with pytest.raises(UserError, match=r"inputs\.annotations is .*which is a pipe or a device: expected a file"):
        section.check(dict.fromkeys(places) | {"annotations": str(tmp_path / "a.json")}, "my.yaml")


def test_a_sound_font_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "a.sf2").write_bytes(b"RIFF....sfbk")
    for name in ("a.sf2", "b.sf2", ""):
        with pytest.raises(UserError, match="sound font"):
            synthesizer.Player(str(tmp_path / name))


@pytest.mark.parametrize(
    ("run", "inputs", "sentence"),
    [
        ("comparison", {}, "run is 'comparison', the folder in which `snakemake compare` writes"),
        ("mine", {"notes": "/dev/zero"}, "inputs.notes is /dev/zero, a pipe or a device"),
        ("mine", {"prompt_pairs": "/"}, "inputs.prompt_pairs is /, which is a folder: expected a file"),
    ],
)
def test_what_is_of_the_wrong_kind_is_said_before_anything_runs(run, inputs, sentence):
    config = yaml.safe_load((ROOT / "tests/workflow/small.yaml").read_text())
    schema = json.loads((ROOT / "config/schemas/config.schema.json").read_text())
    with pytest.raises(UserError, match=sentence):
        load({**config, "run": run, "inputs": inputs}, schema, "my.yaml")


def test_a_pipe_among_the_notes_is_left_out_with_them(tmp_path):
    (tmp_path / "audio").mkdir()
    (tmp_path / "examples.json").write_text("{}")
    os.mkfifo(tmp_path / "audio/a-1-1.wav")
    assert list(nsynth._unpacked(tmp_path)) == [("a-1-1", b"")]


@pytest.mark.parametrize("place", ["results", "logs", "results/demo", "logs/demo"])
@pytest.mark.parametrize("link", [False, True])
def test_what_lies_where_a_folder_of_products_belongs_is_a_sentence(tmp_path, monkeypatch, place, link):
    monkeypatch.chdir(tmp_path)
    planned.check_places("demo")
    Path(place).parent.mkdir(exist_ok=True)
    Path(place).symlink_to("nowhere") if link else Path(place).touch()
    with pytest.raises(
        UserError, match=f"^{place} is {'a link that leads nowhere' if link else 'no folder'}: .* move it away"
    ):
        planned.check_places("demo")
    Path(place).unlink()
    Path(place).mkdir()
    planned.check_places("demo")
