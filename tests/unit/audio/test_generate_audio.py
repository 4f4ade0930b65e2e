import json
import shutil
import sys
import tarfile

import decode_audio
import generate_audio
import numpy as np
import pytest
import renoise_audio
import torch
from musicologist.audio.sampler import Sampler, clip_seed
from musicologist.core import shards
from musicologist.core.errors import UserError
from musicologist.prompts import batches
from musicologist.prompts.batches import Prompt

from tests.support import tiny_models
from tests.support.tiny_models import PROMPTS

pytestmark = pytest.mark.slow

LEVELS = [("denoised", 2), ("denoised", 5), ("noisy", 0)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_models.diffusion_directory(tmp_path_factory.mktemp("models") / "diffusion")


@pytest.fixture
def run(model, tmp_path, monkeypatch):
    """Runs the script on prompts FIRST to LAST in a folder of its own; gives the manifest's path."""
    batch = tmp_path / "batch.jsonl"
    batches.write_batch(batch, [Prompt(number, PROMPTS[number % 3], "given") for number in range(4, 9)])

    def call(name, first=4, last=7, batch_size=3, script=generate_audio, suffix=".tar", **options):
        folder = tmp_path / name
        shard = "shard_0001"
        tars = [folder / signal / f"step_{step:02d}" / f"{shard}{suffix}" for signal, step in LEVELS]
        where = [] if "folder" in options else ["--tars", *map(str, tars)]
        given = {
            "prompts": batch,
            "first": first,
            "last": last,
            "samples": 2,
            "seed": 5,
            "family": "musicologist.generators.stable_audio_tools",
            "model": model,
            "digest": "d1",
            "sampler": "dpmpp-2m-sde",
            "steps": 6,
            "guidance": 3,
            "sigma-max": 100,
            "sigma-min": 0.3,
            "seconds-total": 1,
            "seconds-kept": 0.5,
            "batch-size": batch_size,
            "device": "cpu",
            "manifest": folder / f"{shard}.json",
        } | options
        flags = [str(part) for key, value in given.items() for part in (f"--{key}", value)]
        monkeypatch.setattr(sys, "argv", [script.__name__, *flags, *where])
        script.main()
        return folder / f"{shard}.json"

    return call


def clips(manifest):
    """All clips of a shard by (signal, step, key)."""
    levels = json.loads(manifest.read_text())["levels"]
    return {
        (level["signal"], level["step"], clip.key): clip
        for level in levels
        for clip in shards.read(manifest.parent / level["tar"])
    }


def test_only_clips_for_listening_are_kept_where_the_others_are_heard_elsewhere(run, tmp_path):
    everything = clips(run("a"))
    manifest = run("b", keep=1, all=tmp_path / "b/unheard")
    heard = clips(manifest)
    assert list(heard) == list(everything)
    assert all(np.array_equal(heard[key].audio, everything[key].audio) for key in heard)
    for signal, step in LEVELS:
        kept = shards.read(manifest.parent / signal / f"step_{step:02d}" / "shard_0001.tar")
        assert [clip.key for clip in kept] == ["000004_00", "000004_01"]
    run("c", keep=0, all=tmp_path / "c/unheard")
    with tarfile.open(tmp_path / "c/denoised/step_02/shard_0001.tar") as tar:
        assert tar.getnames() == []


def test_what_is_kept_as_latents_is_decoded_to_the_same_clips_within_their_rounding(run, model, tmp_path, capsys):
    everything = clips(run("a"))
    kept = run("b", suffix=".safetensors")
    listed = json.loads(kept.read_text())["levels"]
    assert sorted((level["signal"], level["step"]) for level in listed) == sorted(LEVELS)
    assert all((kept.parent / level["latents"]).suffix == ".safetensors" for level in listed)
    decoded = clips(run("c", script=decode_audio, latents=kept, folder=tmp_path / "c/unheard"))
    assert list(decoded) == list(everything)
    for place, clip in decoded.items():
        exact = everything[place]
        measured = {"peak": pytest.approx(clip.record["peak"], abs=0.05), "clipped_share": pytest.approx(0, abs=1)}
        assert clip.record | measured == exact.record | measured and exact.record["peak"] == measured["peak"]
        assert np.abs(clip.audio - exact.audio).max() < 0.005 * max(1, exact.record["peak"])
    run("d", script=decode_audio, latents=kept, keep=1)
    for signal, step in LEVELS:
        heard = list(shards.read(tmp_path / f"d/{signal}/step_{step:02d}/shard_0001.tar"))
        assert [clip.key for clip in heard] == ["000004_00", "000004_01"]
        assert all(np.array_equal(clip.audio, decoded[signal, step, clip.key].audio) for clip in heard)
    run("e", script=decode_audio, latents=kept, keep=0, model="none")  # no model is loaded for nothing
    with tarfile.open(tmp_path / "e/denoised/step_02/shard_0001.tar") as tar:
        assert tar.getnames() == []
    (missing := tmp_path / "without.json").write_text(json.dumps({"levels": listed[:1]}))
    with pytest.raises(UserError, match=r"without\.json lists no latents of denoised at step 5"):
        run("f", script=decode_audio, latents=missing)
    with pytest.raises(UserError, match="lacks the clip 000008_00"):
        run("g", script=decode_audio, latents=kept, last=8)


def test_the_shard_holds_every_clip_at_every_level_with_its_record(run, model):
    manifest = run("a")
    found = clips(manifest)
    keys = [f"{number:06d}_{sample:02d}" for number in range(4, 8) for sample in range(2)]
    assert list(found) == [(signal, step, key) for signal, step in sorted(LEVELS) for key in keys]
    clip = found["denoised", 5, "000006_01"]
    assert clip.audio.shape == (2, 8000)
    assert clip.sample_rate == 16_000
    record = dict(clip.record)
    assert 0 < record.pop("peak") < 10
    assert 0 <= record.pop("clipped_share") <= 1
    assert record == {
        "prompt_id": 6,
        "prompt": PROMPTS[0],
        "sample": 1,
        "seed": clip_seed(5, 6, 1),
        "signal": "denoised",
        "step": 5,
        "sigma": pytest.approx(0.3),
        "log_snr_db": pytest.approx(10.457575),
        "sample_rate": 16_000,
        "model": str(model),
        "digest": "d1",
        "sampler": "dpmpp-2m-sde",
        "steps": 6,
        "guidance": 3.0,
        "sigma_min": 0.3,
        "sigma_max": 100.0,
        "seconds_total": 1.0,
        "seconds_kept": 0.5,
        "precision": "float32",
        "decoder": "plain",
        "guidance_rescale": 0.0,
        "guidance_sigma_min": 0.0,
        "guidance_sigma_max": None,
    }
    described = json.loads(manifest.read_text())
    assert described["shard"] == "shard_0001"
    assert described["clips"] == 8
    assert (described["sampler"], described["seed"]) == ("dpmpp-2m-sde", 5)
    assert [level["tar"] for level in described["levels"]] == [
        f"{signal}/step_{step:02d}/shard_0001.tar" for signal, step in sorted(LEVELS)
    ]


def test_latents_and_information_stand_beside_the_clips_and_change_none(run, tmp_path, monkeypatch):
    from safetensors.torch import load_file

    plain = clips(run("plain"))
    manifest = run("beside", latents=tmp_path / "latents.safetensors", information=tmp_path / "told.jsonl")
    told = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    assert [(row["prompt_id"], row["sample"], row["step"]) for row in told] == [
        (prompt, sample, step) for prompt in range(4, 8) for sample in range(2) for step in range(6)
    ]
    assert all(row["nats"] > 0 for row in told)
    beside = clips(manifest)
    assert all(np.array_equal(beside[key].audio, plain[key].audio) for key in plain)
    latents = load_file(tmp_path / "latents.safetensors")
    assert list(latents) == [f"{number:06d}_{sample:02d}" for number in range(4, 8) for sample in range(2)]
    assert latents["000004_00"].shape == (8, 32 + 16)  # half a second, and the margin

    given = sys.argv[1 : sys.argv.index("--information")]  # renoise them; --latents is among these
    tars = [tmp_path / "again/renoised" / f"step_{step:02d}/shard_0001.tar" for step in (0, 5)]
    given[given.index("--manifest") + 1] = str(tmp_path / "again/shard_0001.json")
    monkeypatch.setattr(sys, "argv", ["renoise_audio.py", *given, "--tars", *map(str, tars)])
    renoise_audio.main()
    again = clips(tmp_path / "again/shard_0001.json")
    assert [key[:2] for key in again] == [("renoised", 0)] * 8 + [("renoised", 5)] * 8
    assert {name: again["renoised", 5, "000006_01"].record[name] for name in ("prompt_id", "sample", "step")} == {
        "prompt_id": 6,
        "sample": 1,
        "step": 5,
    }
    finished = plain["denoised", 5, "000006_01"].audio
    near, far = (np.abs(again["renoised", step, "000006_01"].audio - finished).mean() for step in (5, 0))
    assert near < 0.6 * far
    monkeypatch.setattr(sys, "argv", ["renoise_audio.py", *given, "--last", "8", "--tars", *map(str, tars)])
    with pytest.raises(UserError, match=r"latents\.safetensors lacks the clip 000008_00: make it anew"):
        renoise_audio.main()


def difference(one, other):
    assert one.record["seed"] == other.record["seed"]
    return np.abs(one.audio - other.audio).max()


def test_estimates_that_are_one_where_guidance_is_off_are_decoded_once(run, monkeypatch):
    """The unguided estimate beside the guided: apart at step 0, at sigma 100, one at step 4, below the guidance."""
    monkeypatch.setattr(
        sys.modules[__name__], "LEVELS", [(s, n) for s in ("denoised", "noisy", "unguided") for n in (0, 4)]
    )
    decode, decoded = Sampler.decode, []
    monkeypatch.setattr(Sampler, "decode", lambda self, some: decoded.append(len(some)) or decode(self, some))
    found = clips(run("a", **{"guidance-sigma-min": 20}))
    assert len(found) == 6 * 8
    assert sum(decoded) == 5 * 8
    for key in {key for _, _, key in found}:
        assert not np.array_equal(found["unguided", 0, key].audio, found["denoised", 0, key].audio)
        assert np.array_equal(found["unguided", 4, key].audio, found["denoised", 4, key].audio)
        assert found["unguided", 4, key].record == {**found["denoised", 4, key].record, "signal": "unguided"}


def test_neither_batch_nor_shard_changes_a_clip(run):
    whole = clips(run("whole", batch_size=3))
    for name, options in {
        "alone": {"batch_size": 1},
        "together": {"batch_size": 8},
        "other shard": {"first": 6, "last": 8, "batch_size": 4},
    }.items():
        other = clips(run(name, **options))
        common = whole.keys() & other.keys()
        assert len(common) == (12 if name == "other shard" else 24)
        assert max(difference(whole[key], other[key]) for key in common) <= 1e-4


def test_out_of_memory_at_batch_8_goes_on_at_4_with_the_same_clips(run, monkeypatch, capsys):
    whole = clips(run("whole", batch_size=8))
    for method, limit in (("sample", 4), ("decode", 2)):
        real = getattr(Sampler, method)

        def small(sampler, batch, *more, real=real, limit=limit):
            if len(batch) > limit:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return real(sampler, batch, *more)

        monkeypatch.setattr(Sampler, method, small)
    halved = clips(run("halved", batch_size=8))
    assert halved.keys() == whole.keys()
    assert max(difference(whole[key], halved[key]) for key in whole) <= 1e-4
    assert "Clips sampled at once: 4 (audio.batch_size is 8); decoded at once: 2" in capsys.readouterr().err


def test_the_same_run_gives_the_same_bytes(run):
    one, other = run("one"), run("other")
    names = [path.relative_to(one.parent) for path in sorted(one.parent.rglob("*.*"))]
    assert len(names) == 4
    assert all((one.parent / name).read_bytes() == (other.parent / name).read_bytes() for name in names)


def test_a_run_that_fails_leaves_no_file(run, tmp_path):
    with pytest.raises(UserError, match=r"batch\.jsonl has no prompt 9"):
        run("a", last=9)
    with pytest.raises(UserError, match="seconds_kept is 3"):
        run("a", **{"seconds-kept": 3})
    assert not [path for path in (tmp_path / "a").rglob("*") if path.is_file()]


def test_a_broken_model_is_one_sentence_and_leaves_no_file(run, tmp_path, model):
    from safetensors.torch import load_file, save_file

    broken = shutil.copytree(model, tmp_path / "broken")
    state = load_file(broken / "model.safetensors")
    name = next(name for name in state if "decoder" in name)
    state[name] = state[name] * float("nan")
    save_file(state, broken / "model.safetensors")
    with pytest.raises(UserError, match="hold numbers that are not finite"):
        run("a", model=broken)
    assert not [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
