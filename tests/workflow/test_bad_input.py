"""Bad input ends in one clear sentence and exit code 1, and finished products stay."""

import gzip
import io
import json
import tarfile

import numpy as np
import pytest
import soundfile
from musicologist.core import shard_writing
from musicologist.core.shard_writing import Clip
from musicologist.notes import nsynth, packing

from tests.workflow.conftest import inputs


def archive(path, change=lambda entries, wavs: None, count=24):
    """A small archive in NSynth's layout; ``change`` spoils its entries or wavs before they are packed."""
    rng = np.random.default_rng(0)
    entries, wavs = {}, {}
    for number in range(count):
        family = ("brass", "reed", "flute")[number % 3]
        entry = nsynth.entry(number, f"{family}_acoustic_{number:03d}", 60, 100, ["dark"] if number % 2 else [])
        entries[entry["note_str"]] = entry
        wavs[entry["note_str"]] = (rng.normal(0, 0.1, 16000), 16000)
    change(entries, wavs)
    with tarfile.open(path, "w:gz") as tar:
        files = {"nsynth-train/examples.json": json.dumps(entries).encode()}
        for name, (audio, rate) in wavs.items():
            buffer = io.BytesIO()
            soundfile.write(buffer, audio, rate, format="WAV", subtype="PCM_16")
            files[f"nsynth-train/audio/{name}.wav"] = buffer.getvalue()
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def refused(checkout, sentence, *targets, config="tests/workflow/small.yaml"):
    finished = checkout / "results/small/prompts/prompts.parquet"
    before = finished.read_bytes()
    done = checkout.snakemake(*targets, config=config)
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    assert sentence in output
    assert "Traceback" not in output
    assert finished.read_bytes() == before


@pytest.fixture(scope="module")
def prompted(checkout):
    checkout.run("results/small/prompts/prompts.parquet")
    return checkout


CONFIGURED = {
    "a misspelt key": ([("guidance: 4", "guidence: 4")], "unknown key trajectory.guidence; did you mean 'guidance'?"),
    "a missing key": ([("seed: 1\n", "")], "the key seed is missing"),
    "an unknown concept": ([("[is_brass, is_warm]", "[is_bras]")], "names the concept 'is_bras'"),
    "a kept step beyond the steps": ([("keep: [0, 3, 5]", "keep: [0, 6]")], "keep steps from 0 to 5"),
    "an empty prompt file": (
        [("run: small", "run: bad"), inputs(prompts="empty.txt")],
        "empty.txt is empty: expected at least one prompt",
    ),
    "duplicated prompt ids": (
        [("run: small", "run: bad"), inputs(prompts="twice.jsonl")],
        "twice.jsonl, record 2: the prompt id 0 stands twice",
    ),
}


@pytest.mark.parametrize("what", CONFIGURED)
def test_a_bad_configuration_is_refused_before_anything_runs(prompted, what):
    (prompted / "empty.txt").write_text("\n")
    (prompted / "twice.jsonl").write_text('{"prompt_id": 0, "text": "a"}\n' * 2)
    changes, sentence = CONFIGURED[what]
    refused(prompted, sentence, config=prompted.configuration("bad.yaml", *changes))


def test_an_unknown_aspect_is_refused_before_anything_runs(prompted):
    with prompted.edited("config/concepts.yaml", "positive: [warm sound]", "positive: [warm]"):
        refused(prompted, "is_warm, prompts.positive: unknown term 'warm'; did you mean 'warm sound'?")


def spoil_rate(entries, wavs):
    name = sorted(wavs)[3]
    wavs[name] = (wavs[name][0], 44100)


ARCHIVES = {
    "a wav that is missing": (
        lambda entries, wavs: wavs.pop(sorted(wavs)[3]),
        "but nsynth-train/audio has no such wav",
    ),
    "a wav of another rate": (spoil_rate, "has a rate of 44100 Hz: expected 16000 Hz"),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_a_bad_archive_is_refused(prompted, what):
    change, sentence = ARCHIVES[what]
    archive(prompted / "notes.tar.gz", change)
    config = prompted.configuration("bad.yaml", ("run: small", "run: bad"), inputs(notes="notes.tar.gz"))
    refused(prompted, sentence, "results/bad/notes/notes.parquet", config=config)


def test_a_truncated_archive_is_refused(prompted):
    archive(prompted / "notes.tar.gz")
    whole = (prompted / "notes.tar.gz").read_bytes()
    (prompted / "notes.tar.gz").write_bytes(whole[: len(whole) // 2])
    config = prompted.configuration("bad.yaml", ("run: small", "run: bad"), inputs(notes="notes.tar.gz"))
    refused(
        prompted,
        "notes.tar.gz is truncated, damaged or no tar.gz file",
        "results/bad/notes/notes.parquet",
        config=config,
    )
    assert not list((prompted / "results/bad/notes").glob("*.tar"))


def test_a_concept_without_positive_notes_is_refused(prompted):
    mine = "is_mine:\n  group: source\n  notes: {match: any, positive: {families: [vocal]}}\n  prompts: {positive: [vocal]}\n"
    archive(prompted / "notes.tar.gz")
    changes = (
        ("run: small", "run: mine"),
        inputs(notes="notes.tar.gz"),
        ("[is_brass, is_warm]", "[is_mine]"),
    )
    target = "results/mine/concepts/is_mine/dataset.parquet"
    with prompted.edited("config/concepts.yaml", "# higher level", mine):
        config = prompted.configuration("bad.yaml", *changes)
        refused(prompted, "The concept is_mine has no positive note in", target, config=config)


def test_a_corrupt_model_is_refused(prompted):
    weights = prompted / "resources/models/diffusion/model.safetensors"
    before = weights.read_bytes()
    weights.write_bytes(before[:1000])
    try:
        refused(prompted, "model.safetensors is no readable weights file", "results/small/audio/shard_0000.json")
    finally:
        weights.write_bytes(before)


def test_a_clip_that_is_too_short_is_refused(prompted):
    folder = prompted / "results/small/audio"
    record = {"prompt_id": 0, "sample": 0, "signal": "denoised", "step": 0, "sigma": 1.0, "log_snr_db": 0.0}
    shard_writing.write(folder / "short.tar", [Clip("000000_00", np.ones((1, 800), np.float32), 16000, record)])
    (folder / "shard_0000.json").write_text(json.dumps({"levels": [{"tar": "short.tar"}]}))
    refused(
        prompted,
        "short.tar, clip 000000_00 is 0.050 s long",
        "--allowed-rules",
        "embed_audio",
        "--",
        "results/small/embeddings/shards/audio_0000.parquet",
    )


def test_the_archive_of_these_tests_is_good_when_nothing_is_spoilt(tmp_path):
    archive(tmp_path / "notes.tar.gz")
    source = packing.Source(tmp_path / "notes.tar.gz", "train")
    assert packing.pack([source], 0, [tmp_path / "a.tar", tmp_path / "b.tar"], tmp_path / "notes.parquet") == 24
    with gzip.open(tmp_path / "notes.tar.gz") as stream:
        assert stream.read(1)
