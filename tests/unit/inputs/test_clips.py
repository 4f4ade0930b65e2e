"""Clips of one's own: what the CSV file says, and what is in the files."""

import json
import os
import sys

import import_clips
import numpy as np
import pytest
import soundfile
from musicologist.core import shards
from musicologist.core.errors import UserError
from musicologist.inputs import clips

FORMATS = {
    "a.wav": "PCM_16",
    "b.flac": "PCM_24",
    "c.mp3": "MPEG_LAYER_III",
    "d.ogg": "VORBIS",
    "e.aiff": "FLOAT",
    "f.w64": "PCM_32",
    "g.au": "ULAW",
    "h.caf": "ALAC_16",
    "i.rf64": "PCM_16",
}


def tone(rate, seconds=0.5):
    return (0.3 * np.sin(np.arange(int(seconds * rate)) / rate * 2765)).astype(np.float32)


def sound(path, audio=None, rate=16_000, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(rate) if audio is None else audio, rate, **options)


def table(folder, *lines, head="file,prompt"):
    path = folder / "clips.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def imported(monkeypatch, tmp_path):
    """Imports the prompts 0 to LAST; gives the clips by level, and the manifest."""

    def run(path, last=9, skip="", leave_out=(), steps=2, sigmas=("0.01", "0.005")):
        given = clips.read(path)
        tars = [tmp_path / f"out/{signal}/step_{step:02d}/shard_0000.tar" for signal, step in given.levels]
        flags = ["--clips", path, "--first", 0, "--last", last, "--steps", steps]
        flags += ["--sigma-max", sigmas[0], "--sigma-min", sigmas[1], "--leave-out", *leave_out]
        flags += ["--skip", skip, "--manifest", tmp_path / "out/shard_0000.json", "--tars", *tars]
        monkeypatch.setattr(sys, "argv", ["import_clips.py", *map(str, flags)])
        import_clips.main()
        found = {level: list(shards.read(tar)) for level, tar in zip(given.levels, tars, strict=True)}
        return found, json.loads((tmp_path / "out/shard_0000.json").read_text())

    return run


def test_equal_texts_are_one_prompt_whose_clips_are_counted(tmp_path):
    given = clips.read(table(tmp_path, "x/a.wav,A flute.", '"b, c.wav","Brass, loud."', "d.wav,A flute. "))
    assert given.texts == ["A flute.", "Brass, loud."]
    assert {pair: files["denoised", 0].name for pair, files in given.files.items()} == {
        (0, 0): "a.wav",
        (1, 0): "b, c.wav",
        (0, 1): "d.wav",
    }
    assert given.files[0, 0]["denoised", 0] == tmp_path / "x/a.wav"
    assert (given.samples, given.sigmas) == (2, {})


@pytest.mark.parametrize("text", ["\ufeffFile;Prompt\r\na.wav;A\r\nb.wav;B\r\n", "file\tPROMPT\na.wav\tA\nb.wav\tB"])
def test_a_table_as_spreadsheets_write_it(tmp_path, text):
    path = tmp_path / "clips.csv"
    path.write_bytes(text.encode())
    assert clips.read(path).texts == ["A", "B"]


def test_steps_are_counted_from_the_noisiest(tmp_path):
    lines = ["a.wav,A,noisy,0.1", "b.wav,A,noisy,10", "c.wav,A,denoised,10", "d.wav,A,denoised,0.1"]
    given = clips.read(table(tmp_path, *lines, head="file,prompt,signal,sigma"))
    assert given.levels == [("denoised", 0), ("denoised", 1), ("noisy", 0), ("noisy", 1)]
    assert given.sigmas == {0: 10, 1: 0.1}
    assert given.files[0, 0]["noisy", 1].name == "a.wav"


@pytest.mark.parametrize(
    ("head", "lines", "sentence"),
    [
        ("path,prompt", ["a.wav,A"], "line 2: there is no column file"),
        ("file,prompts", ["a.wav,A"], "there is no column prompt .did you mean 'prompts'"),
        ("file,prompt,sampel", ["a.wav,A,1"], "has the column 'sampel'; did you mean 'sample'"),
        ("file,prompt", ["a.wav,A,1"], "line 2 has more fields than the first line"),
        ("file,prompt", ["a.wav,"], "line 2: prompt is empty"),
        ("file,prompt,sample", ["a.wav,A,0", "b.wav,A,"], "line 3: sample is empty"),
        ("file,prompt,sample", ["a.wav,A,-1"], "sample is '-1': expected a whole number from 0 to 32767"),
        ("file,prompt,sample", ["a.wav,A,0", "b.wav,A,0"], "line 3: sample 0 of this prompt stands twice"),
        ("file,prompt,signal", ["a.wav,A,denoise"], "signal is 'denoise'; did you mean 'denoised'"),
        ("file,prompt,step", ["a.wav,A,1.5"], "step is '1.5': expected a whole number from 0 to 999"),
        ("file,prompt,sigma", ["a.wav,A,nan"], "sigma is 'nan': expected a noise level"),
        ("file,prompt,step,sigma", ["a.wav,A,0,1", "b.wav,B,0,2"], "step 0 has sigma 2 here and 1 before"),
        ("file,prompt,step,sigma", ["a.wav,A,0,1", "b.wav,A,1,2"], "step 1 has sigma 2, and step 0 before it 1"),
        ("file,prompt,step", ["a.wav,A,0", "b.wav,A,1", "c.wav,B,0"], "sample 0 of the prompt 'B' has no clip"),
        ("file,prompt", [], "is empty: expected a CSV file"),
    ],
)
def test_what_is_wrong_in_the_table_is_one_sentence(tmp_path, head, lines, sentence):
    with pytest.raises(UserError, match=sentence):
        clips.read(table(tmp_path, *lines, head=head))


@pytest.mark.parametrize(
    ("head", "lines", "expected"),
    [
        ("file,prompt", ["a.wav,A"], {"steps": 2, "keep": [0], "sigma_max": 0.01, "sigma_min": 0.005}),
        ("file,prompt,step", ["a.wav,A,49"], {"steps": 50, "keep": [49], "sigma_max": 0.02, "sigma_min": 0.01}),
        ("file,prompt,sigma", ["a.wav,A,0.3"], {"steps": 2, "keep": [0], "sigma_max": 0.3, "sigma_min": 0.15}),
        (
            "file,prompt,sigma",
            ["a.wav,A,9", "b.wav,A,0.1"],
            {"steps": 2, "keep": [0, 1], "sigma_max": 9, "sigma_min": 0.1},
        ),
        (
            "file,prompt,step",
            ["a.wav,A,5", "b.wav,A,9"],
            {"steps": 10, "keep": [5, 9], "sigma_max": 100, "sigma_min": 0.2},
        ),
    ],
)
def test_what_the_table_decides_of_the_trajectory(tmp_path, head, lines, expected):
    trajectory = {"steps": 10, "keep": [1], "signals": ["noisy"], "sigma_max": 100, "sigma_min": 0.2, "guidance": 1}
    config = {"inputs": {"clips": str(table(tmp_path, *lines, head=head))}, "prompts": {}, "audio": {}}
    found = clips.configured({**config, "trajectory": trajectory}, "my.yaml")
    assert found["trajectory"] == {**trajectory, "signals": ["denoised"], **expected}
    assert (found["prompts"]["count"], found["audio"]["samples"]) == (1, 1)


def test_levels_of_an_unknown_schedule_are_one_sentence(tmp_path):
    path = table(tmp_path, "a.wav,A,5", "b.wav,A,9", head="file,prompt,step")
    config = {"inputs": {"clips": str(path)}, "prompts": {}, "audio": {}, "trajectory": {"steps": 2}}
    with pytest.raises(UserError, match=r"names step 9, and nothing tells the noise level: add a column sigma"):
        clips.configured(config, "my.yaml")


def test_every_format_rate_and_number_of_channels_is_imported(tmp_path, imported):
    lines = []
    for number, (name, subtype) in enumerate(FORMATS.items()):
        rate = (8_000, 22_050, 44_100, 48_000)[number % 4] if subtype != "MPEG_LAYER_III" else 44_100
        audio = np.stack([tone(rate)] * (1 + number % 2), axis=1)
        sound(tmp_path / name, audio, rate, subtype=subtype, format={"i.rf64": "RF64"}.get(name))
        lines.append(f"{name},Prompt {number % 2}")
    found, manifest = imported(table(tmp_path, *lines))
    assert [clip.key for clip in found["denoised", 0]] == [
        f"{prompt:06d}_{sample:02d}" for prompt in (0, 1) for sample in range(5 - prompt)
    ]
    for clip in found["denoised", 0]:
        spectrum = np.abs(np.fft.rfft(clip.mono()))
        assert spectrum.argmax() * clip.sample_rate / len(clip.mono()) == pytest.approx(440, abs=4)
        assert np.abs(clip.audio).max() == pytest.approx(0.3, abs=0.03)
        assert (clip.record["sigma"], clip.record["sigma_from"]) == (0.01, "nobody: finished")
    assert (manifest["clips"], manifest["left_out"]) == (len(FORMATS), [])


SPOILT = {
    "silent": lambda path: sound(path, np.zeros(8_000, np.float32)),
    "all but silent": lambda path: sound(path, tone(16_000) * 1e-4),
    "out of phase": lambda path: sound(path, np.stack([tone(16_000), -tone(16_000)], axis=1)),
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a link to itself": lambda path: path.symlink_to(path),
    "empty": lambda path: path.touch(),
    "no sound": lambda path: path.write_text("a song"),
    "cut off": lambda path: (sound(path), path.write_bytes(path.read_bytes()[:9_000])),
    "short": lambda path: sound(path, tone(16_000, 0.05)),
    "not finite": lambda path: sound(path, np.full(8_000, np.nan, np.float32), subtype="FLOAT"),
}


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_clip_that_is_of_no_use_stops_the_run_or_is_left_out_and_named(tmp_path, imported, capsys, spoil):
    kind = "silent" if spoil in ("silent", "all but silent", "out of phase") else "unreadable"
    sound(tmp_path / "a.wav")
    SPOILT[spoil](tmp_path / "b.wav")
    path = table(tmp_path, "a.wav,A", "b.wav,B")
    other = next(one for one in clips.KINDS if one != kind)
    for skip in ("", other):
        with pytest.raises(UserError, match=rf"b\.wav is .*\(inputs\.skip: {kind}\)\.$"):
            imported(path, skip=skip)
    for options in ({"skip": "silent,unreadable"}, {"skip": kind}, {"leave_out": [1]}):
        found, manifest = imported(path, **options)
        assert [clip.record["prompt"] for clip in found["denoised", 0]] == ["A"]
        assert (manifest["clips"], len(manifest["left_out"])) == (1, 1)
        assert manifest["left_out"][0].items() >= {"prompt_id": 1, "sample": 0, "file": str(tmp_path / "b.wav")}.items()
        assert "b.wav is" in capsys.readouterr().err


def test_a_clip_that_is_spoilt_at_one_level_is_left_out_at_all(tmp_path, imported):
    for name in "abcd":
        sound(tmp_path / f"{name}.wav")
    SPOILT["silent"](tmp_path / "c.wav")
    lines = ["a.wav,A,1", "b.wav,A,0.1", "c.wav,B,1", "d.wav,B,0.1"]
    found, _ = imported(table(tmp_path, *lines, head="file,prompt,sigma"), skip="silent")
    assert {level: [clip.key for clip in there] for level, there in found.items()} == {
        ("denoised", 0): ["000000_00"],
        ("denoised", 1): ["000000_00"],
    }
    assert [there[0].record["sigma"] for there in found.values()] == [1, 0.1]


def test_a_shard_of_which_nothing_is_left_is_one_sentence(tmp_path, imported):
    SPOILT["silent"](tmp_path / "a.wav")
    with pytest.raises(UserError, match=r"all 1 clips of the prompts 0 to 0 would be left out"):
        imported(table(tmp_path, "a.wav,A"), last=0, skip="silent")


def test_an_edited_clip_or_text_changes_its_own_prompts_alone(tmp_path):
    for name in "ab":
        sound(tmp_path / f"{name}.wav")

    def prints():
        given = clips.read(tmp_path / "clips.csv")
        return [clips.fingerprint(given, [number]) for number in (0, 1)]

    table(tmp_path, "a.wav,A", "b.wav,B")
    before = prints()
    sound(tmp_path / "b.wav", rate=8_000)
    after = prints()
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)
    table(tmp_path, "a.wav,A!", "b.wav,B")
    assert (prints()[0] == after[0], prints()[1] == after[1]) == (False, True)
