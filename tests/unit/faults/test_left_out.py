"""What says nothing is refused where it enters; what cannot be heard takes nothing else with it, and is counted and named."""

import json

import numpy as np
import pytest
import soundfile
from musicologist.audio import manifests
from musicologist.core import parquet, shards
from musicologist.core.errors import UserError
from musicologist.embeddings import soundness
from musicologist.inputs import audio as given_audio
from musicologist.inputs import embeddings
from musicologist.notes.tables import NOTES
from musicologist.prompts.plan import Plan

from tests.support import tiny_models
from tests.unit.faults import test_cases as cases
from tests.unit.faults.test_cases import RATE, call, tone, wav


def test_notes_that_cannot_be_heard_are_named_with_their_reasons(tmp_path, capsys):
    names = [f"flute_acoustic_{n:03d}-060-100" for n in range(6)]
    sounds = [
        wav(tone()),
        wav(np.zeros(2400)),
        b"no sound",
        wav(tone(1, 0.05)),
        wav(tone() * np.nan, "FLOAT"),
        wav(tone() * 1e-6, "FLOAT"),
    ]
    entries = {name: cases.nsynth.entry(n, name[:-8], 60, 100, []) for n, name in enumerate(names)}
    pairs = [("nsynth-train/examples.json", json.dumps(entries).encode())]
    pairs += [(f"nsynth-train/audio/{name}.wav", sound) for name, sound in zip(names, sounds, strict=True)]
    assert list(cases.pack(cases.members(tmp_path / "a.tar.gz", *pairs, mode="w:gz"), tmp_path)) == names[:1]
    assert parquet.read(tmp_path / "notes.parquet", NOTES)["note_id"].to_pylist() == names[:1]
    left_out = json.loads(parquet.metadata(tmp_path / "notes.parquet")["left_out"])
    assert left_out == {
        "no readable WAV file": {"notes": 1, "first": [names[2]]},
        "samples that are no numbers": {"notes": 1, "first": [names[4]]},
        "silent": {"notes": 2, "first": [names[1], names[5]]},
        "too short": {"notes": 1, "first": [names[3]]},
    }
    assert f"Left out: 2 notes (silent), first {names[1]}, {names[5]}." in capsys.readouterr().err


@pytest.fixture
def given(tmp_path):
    """Four prompts with a clip each; that of prompt 1 is not there, that of prompt 2 is no sound."""
    folder = tmp_path / "given/diff_step_0"
    folder.mkdir(parents=True)
    for prompt in (0, 3):
        soundfile.write(folder / f"prompt_{prompt}_sample_0.wav", tone(prompt), RATE, subtype="FLOAT")
    (folder / "prompt_2_sample_0.wav").write_bytes(b"no sound")
    return tmp_path / "given"


def test_one_unusable_clip_does_not_make_the_rest_useless(given, monkeypatch, tmp_path, capsys):
    plan, level = Plan(4, 4, 1), ("denoised", 0)
    with pytest.raises(UserError, match=r"prompt_1_sample_0\.wav is missing .*prompts\.leave_out"):
        given_audio.check(given, [level], plan, 1)
    given_audio.check(given, [level], plan, 1, [1])

    def imported(*left_out):
        tar = tmp_path / "audio/denoised/step_00/shard_0000.tar"
        arguments = [
            "--folder",
            given,
            "--shard",
            0,
            "--first",
            0,
            "--last",
            3,
            "--samples",
            1,
            "--steps",
            2,
            "--sigma-max",
            10,
        ]
        arguments += [
            "--sigma-min",
            1,
            "--manifest",
            tmp_path / "audio/shard_0000.json",
            "--tars",
            tar,
            "--leave-out",
            *left_out,
        ]
        call(monkeypatch, "import_audio", *arguments)
        return list(shards.read(tar))

    with pytest.raises(
        UserError, match=r"prompt_2_sample_0\.wav is no readable WAV file .*prompts\.leave_out"
    ) as error:
        imported(1)
    assert "delete it" not in str(error.value)
    clips = imported(1, 2)
    assert [clip.record.get("left_out", False) for clip in clips] == [False, True, True, False]
    assert np.abs(clips[3].audio[0] - tone(3)).max() < 1e-4
    assert len(manifests.read_manifest(tmp_path / "audio/shard_0000.json")) == 1
    assert "prompt_1_sample_0.wav: the clip 000001_00 is left out." in capsys.readouterr().err


GOOD = np.random.default_rng(0).normal(size=(3, 512)).astype(np.float32)
BAD = {
    "NaN": (np.where(np.arange(512) == 7, np.nan, GOOD), "not finite"),
    "infinite": (np.where(np.arange(512) == 7, np.inf, GOOD), "not finite"),
    "zero": (np.zeros_like(GOOD), "zero"),
    "constant": (np.repeat(GOOD[:1], 3, axis=0), "the same"),
}


@pytest.mark.parametrize("what", BAD)
def test_embeddings_that_say_nothing_are_refused_where_they_are_given_and_where_they_are_made(what, tmp_path):
    array, sentence = BAD[what]
    with pytest.raises(UserError, match=sentence):
        embeddings.unit(array, "here")
    with pytest.raises(UserError, match=r"not finite or zero|one and the same embedding"):
        soundness.require(array, "here", 3, 512)
    assert (soundness.require(GOOD, "here", 3, 512) == GOOD).all()
    soundness.require(np.repeat(GOOD[:1], 3, axis=0), "silence", 0, 512)
    with pytest.raises(UserError, match="has 256 numbers"):
        soundness.require(GOOD[:, :256], "here", 3, 512)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_before_anything_is_made_with_them(tmp_path, value):
    from musicologist.embedders import clap
    from musicologist.models import weights
    from safetensors.torch import load_file, save_file

    model = tiny_models.clap_directory(tmp_path / "clap")
    clap.load(model)
    state = load_file(model / "model.safetensors")
    name = next(name for name in state if name.endswith("weight"))
    state[name].view(-1)[0] = float(value)
    save_file(state, model / "model.safetensors", {"format": "pt"})
    for load in (lambda: weights.load(model / "model.safetensors"), lambda: clap.load(model)):
        with pytest.raises(UserError, match="hold numbers that are not finite"):
            load()
