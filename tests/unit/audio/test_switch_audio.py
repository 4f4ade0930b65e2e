"""The program that exchanges prompts, on a tiny model."""

import json
import sys

import numpy as np
import pytest
import switch_audio
from musicologist.core import shards
from musicologist.core.errors import UserError
from musicologist.prompts import batches
from musicologist.prompts.batches import Prompt

from tests.support import tiny_models
from tests.support.tiny_models import PROMPTS

pytestmark = pytest.mark.slow

TEXTS = [PROMPTS[0], PROMPTS[1], PROMPTS[1], PROMPTS[2]]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_models.diffusion_directory(tmp_path_factory.mktemp("models") / "diffusion")


def switch(folder, model, monkeypatch, signals=("denoised/step_05", "switched/step_00", "switched/step_04")):
    batches.write_batch(folder / "prompts.jsonl", [Prompt(n, text, "grammar") for n, text in enumerate(TEXTS)])
    options = {"prompts": folder / "prompts.jsonl", "first": 0, "last": 3, "seed": 5, "model": model, "digest": "d"}
    options |= {"family": "musicologist.generators.stable_audio_tools", "sampler": "dpmpp-2m-sde", "steps": 6}
    options |= {"guidance": 4, "sigma-max": 100, "sigma-min": 0.3, "seconds-total": 1, "seconds-kept": 0.5}
    options |= {"batch-size": 3, "device": "cpu", "manifest": folder / "shard_0000.json"}
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    tars = [folder / signal / "shard_0000.tar" for signal in signals]
    monkeypatch.setattr(sys, "argv", ["x", *flags, "--tars", *map(str, tars)])
    switch_audio.main()
    levels = json.loads((folder / "shard_0000.json").read_text())["levels"]
    return {(level["signal"], level["step"]): list(shards.read(folder / level["tar"])) for level in levels}


def test_a_clip_ends_as_its_partner_where_they_are_exchanged_at_once_and_as_neither_later(model, tmp_path, monkeypatch):
    found = switch(tmp_path, model, monkeypatch)
    assert list(found) == [("denoised", 5), ("switched", 0), ("switched", 4)]
    for clips in found.values():
        assert [clip.key for clip in clips] == ["000000_00", "000001_00", "000002_00", "000003_00"]
    stayed, early, late = found.values()
    for number in range(4):
        assert np.abs(early[number].audio - stayed[number ^ 1].audio).max() < 1e-3
        for end in (stayed[number], stayed[number ^ 1]):
            assert np.abs(late[number].audio - end.audio).max() > 1e-3
    seeds = [clip.record["seed"] for clip in stayed]
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]
    record = late[1].record
    assert (record["prompt"], record["signal"], record["step"]) == (f"{TEXTS[1]} → {TEXTS[0]}", "switched", 4)
    assert stayed[1].record["prompt"] == TEXTS[1]


def test_a_path_of_another_signal_is_refused(model, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="a signal out of denoised, switched"):
        switch(tmp_path, model, monkeypatch, ["noisy/step_00"])
