import json
import sys

import import_audio
import numpy as np
import pytest
import soundfile
from musicologist.audio import manifests
from musicologist.core import noise_levels, shard_writing, shards
from musicologist.core.errors import UserError
from musicologist.core.shard_writing import Clip
from musicologist.inputs import audio as inputs_audio
from musicologist.prompts.plan import Plan

RATE = 8_000
SAMPLES = 2
PLAN = Plan(prompts=3, prompts_per_shard=2, shards_per_batch=1)
LEVELS = [("denoised", 0), ("denoised", 2)]
PAIRS = [(prompt, sample) for prompt in range(3) for sample in range(SAMPLES)]


def sound(step, prompt, sample):
    """Integers (samples, channels)."""
    return np.random.default_rng([step, prompt, sample]).integers(-9_000, 9_000, (4_000, 2)).astype(np.int16)


@pytest.fixture
def original(tmp_path):
    for _, step in LEVELS:
        folder = tmp_path / f"given/diff_step_{step}"
        folder.mkdir(parents=True)
        for pair in PAIRS:
            soundfile.write(
                folder / "prompt_{}_sample_{}.wav".format(*pair), sound(step, *pair), RATE, subtype="PCM_16"
            )
    return tmp_path / "given"


@pytest.fixture
def imported(monkeypatch, tmp_path):
    """Imports one shard of a folder, and gives its clips by level."""

    def run(folder, shard=0, name="ours"):
        prompts = PLAN.prompts_of_shard(shard)
        tars = [tmp_path / name / f"{signal}/step_{step:02d}/shard_{shard:04d}.tar" for signal, step in LEVELS]
        flags = ["--folder", folder, "--shard", f"{shard:04d}", "--first", prompts[0], "--last", prompts[-1]]
        flags += ["--samples", SAMPLES, "--steps", 3, "--sigma-max", 100, "--sigma-min", 1]
        flags += ["--manifest", tmp_path / name / f"shard_{shard:04d}.json", "--tars", *tars]
        monkeypatch.setattr(sys, "argv", ["import_audio.py", *map(str, flags)])
        import_audio.main()
        return {level: list(shards.read(tar)) for level, tar in zip(LEVELS, tars, strict=True)}

    return run


def test_wav_files_become_shards_with_the_same_samples(original, imported, tmp_path):
    inputs_audio.check(original, LEVELS, PLAN, SAMPLES)
    for shard, prompts in ((0, [0, 1]), (1, [2])):
        for (signal, step), clips in imported(original, shard).items():
            assert [clip.key for clip in clips] == [f"{p:06d}_{s:02d}" for p in prompts for s in range(SAMPLES)]
            for clip in clips:
                pair = clip.record["prompt_id"], clip.record["sample"]
                assert np.array_equal(np.rint(clip.audio.T * 32767).astype(np.int16), sound(step, *pair))
                assert (clip.record["signal"], clip.record["step"]) == (signal, step)
                assert clip.record["sigma"] == noise_levels.sigmas(3, 1, 100)[step]
                assert clip.record["sigma_from"] == "the configured schedule"
    manifest = json.loads((tmp_path / "ours/shard_0000.json").read_text())
    assert [level["step"] for level in manifest["levels"]] == [0, 2]
    assert manifest["model"] == f"given: {original}"


def test_shards_come_back_as_they_were(original, imported, tmp_path):
    for shard in PLAN.shards():
        imported(original, shard)
    inputs_audio.check(tmp_path / "ours", LEVELS, PLAN, SAMPLES)
    imported(tmp_path / "ours", name="again")
    for signal, step in LEVELS:
        name = f"{signal}/step_{step:02d}/shard_0000.tar"
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "ours" / name).read_bytes()


def test_a_shard_of_other_prompts_or_samples_is_one_sentence(original, imported, tmp_path):
    imported(original)
    tar = tmp_path / "ours/denoised/step_00/shard_0000.tar"
    clips = list(shards.read(tar))
    for changed, sentence in (
        (clips[:-1], "lacks 1 of 4 clips (for one, prompt 1, sample 1)"),
        (
            [*clips, manifests.clip(clips[0].audio, RATE, {"prompt_id": 2, "sample": 0})],
            "(prompt 2, sample 0) does not belong",
        ),
        ([Clip("x", clips[0].audio, RATE, clips[0].record), *clips], "(prompt 0, sample 0) stands twice"),
        ([Clip("x", clips[0].audio, RATE, {**clips[0].record, "step": 1})], "says denoised at step 1"),
    ):
        shard_writing.write(tar, changed)
        with pytest.raises(UserError) as caught:
            imported(tmp_path / "ours", name="again")
        assert sentence in str(caught.value)


def rewrite(folder, audio, rate=RATE, **options):
    soundfile.write(folder / "diff_step_2/prompt_0_sample_1.wav", audio, rate, **options)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: rewrite(f, np.full(4_000, np.nan, np.float32), subtype="FLOAT"), "samples that are no numbers"),
        (lambda f: rewrite(f, sound(0, 0, 0)[:100]), "is 0.013 s long"),
        (lambda f: rewrite(f, sound(0, 0, 0), 16_000), "has a rate of 16000 Hz, "),
        (lambda f: (f / "diff_step_2/prompt_0_sample_1.wav").write_bytes(b"a song"), "is no readable WAV file"),
        (
            lambda f: (f / "diff_step_2/prompt_0_sample_1.wav").write_bytes(
                (f / "diff_step_2/prompt_0_sample_1.wav").read_bytes()[:9_000]
            ),
            "breaks off after 9000 of 16044 bytes",
        ),
    ],
)
def test_a_bad_wav_file_is_one_sentence(original, imported, spoil, sentence):
    spoil(original)
    with pytest.raises(UserError) as caught:
        imported(original)
    assert sentence in str(caught.value)


def test_a_float_wav_is_read_at_its_own_scale(original, imported):
    exact = sound(2, 0, 1).astype(np.float32) / 32767
    rewrite(original, exact, subtype="FLOAT")
    clips = imported(original)["denoised", 2]
    assert np.array_equal(np.rint(clips[1].audio.T * 32767).astype(np.int16), sound(2, 0, 1))


@pytest.mark.parametrize(
    ("levels", "plan", "samples", "sentence"),
    [
        ([("noisy", 0)], PLAN, 2, "asks for noisy: set trajectory.signals: [denoised]"),
        ([("denoised", 1)], PLAN, 2, "has no diff_step_1, which trajectory.keep asks for; it has the steps 0, 2"),
        (
            LEVELS,
            Plan(4, 2, 1),
            2,
            "has 6 files prompt_P_sample_S.wav, but prompts.count 4 and audio.samples 2 ask for 8",
        ),
        (LEVELS, PLAN, 3, "prompt_0_sample_2.wav is missing (3 such)"),
        (LEVELS, PLAN, 1, "prompt_0_sample_1.wav is too much (3 such)"),
    ],
)
def test_a_folder_of_other_levels_prompts_or_samples_is_one_sentence(original, levels, plan, samples, sentence):
    with pytest.raises(UserError) as caught:
        inputs_audio.check(original, levels, plan, samples)
    assert sentence in str(caught.value)


def test_a_folder_of_other_shards_is_one_sentence(original, imported, tmp_path):
    imported(original)
    with pytest.raises(UserError, match=r"step_00 has 1 shards, but 3 prompts .* are 2 \(for one, shard_0001.tar\)"):
        inputs_audio.check(tmp_path / "ours", LEVELS, PLAN, SAMPLES)
    with pytest.raises(UserError, match="has neither noisy/step_00 with tar shards nor diff_step_0 with WAV files"):
        inputs_audio.check(tmp_path / "ours", [("noisy", 0)], PLAN, SAMPLES)


def test_a_changed_file_changes_the_fingerprint_of_its_shard_alone(original):
    def fingerprints():
        files = [inputs_audio.files(original, LEVELS[1], s, PLAN.prompts_of_shard(s), SAMPLES) for s in PLAN.shards()]
        return [inputs_audio.fingerprint(paths) for paths in files]

    before = fingerprints()
    assert fingerprints() == before
    rewrite(original, sound(9, 9, 9)[:3_000])
    after = fingerprints()
    assert after[0] != before[0]
    assert after[1] == before[1]
