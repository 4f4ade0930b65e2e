"""Clips of one's own, named in a CSV file: 150 files of 100 texts to the last product, and clips of two noise levels."""

import csv
import json
import re

import numpy as np
import pytest
import soundfile

KINDS = (
    ("wav", "PCM_16"),
    ("flac", "PCM_24"),
    ("mp3", "MPEG_LAYER_III"),
    ("wav", "FLOAT"),
    ("ogg", "VORBIS"),
    ("aiff", "PCM_16"),
)
RATES = (16_000, 44_100, 48_000)
SILENT = 7


def write_clips(folder, texts, files, levels=()):
    """Trumpets and flutes of every format; one file is silent. Writes clips.csv beside them."""
    rng = np.random.default_rng(0)
    (folder / "sounds").mkdir(parents=True)
    rows = []
    for number in range(files):
        text, (kind, subtype), rate = number % texts, KINDS[number % len(KINDS)], RATES[number % len(RATES)]
        time = np.arange(rate) / rate
        pitch, fall = 220 * 2 ** (rng.integers(24) / 12), 1 if text % 2 else 3
        audio = sum(np.sin(2 * np.pi * pitch * k * time) / k**fall for k in range(1, 8))
        audio = 0.2 * audio * (number != SILENT)
        prompt = ("A bright trumpet in room {}." if text % 2 else "A soft flute in room {}.").format(text)
        for sigma in levels or ("",):
            name = f"sounds/{number} {sigma}.{kind}"
            noisy = (audio + 0.02 * float(sigma or 0) * rng.normal(size=rate)) * (number != SILENT)
            soundfile.write(folder / name, np.stack([noisy] * (1 + number % 2), 1), rate, subtype=subtype)
            rows.append([name, prompt, *([sigma] if sigma else [])])
    with open(folder / "clips.csv", "w", newline="") as stream:
        csv.writer(stream).writerows([["file", "prompt", *(["sigma"] if levels else [])], *rows])


def mine(checkout, run, **inputs):
    """The few keys of one's own, laid over a configuration whose prompts, samples and trajectory are others."""
    own = {"run": run, "concepts": ["is_brass"], "audio": {"prompts_per_shard": 50}, "inputs": inputs}
    (checkout / f"{run}.yaml").write_text(json.dumps(own))
    return f"tests/workflow/small.yaml {run}.yaml"


def test_clips_of_a_hundred_texts_to_the_last_product(checkout):
    write_clips(checkout / "given", 100, 150)
    folder = checkout / "results/mine"
    refused = checkout.snakemake(config=mine(checkout, "mine", clips="given/clips.csv"))
    assert refused.returncode == 1
    said = next(line for line in refused.stdout.splitlines() + refused.stderr.splitlines() if "is silent" in line)
    assert re.search(r"given/sounds/7 \.flac is silent .*\(inputs\.skip: silent\)\.", said)
    checkout.run(config=mine(checkout, "mine", clips="given/clips.csv", skip="silent"))

    with open(folder / "atlas.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {(row["n_pos_prompts"], row["n_neg_prompts"], row["n_pos"], row["n_neg"]) for row in rows} == {
        ("50", "50", "74", "75")
    }
    for row in rows:
        assert 0 <= float(row["roc_auc_low"]) < float(row["roc_auc"]) < float(row["roc_auc_high"]) <= 1
    card = json.loads((folder / "run.json").read_text())
    assert (card["counts"]["clips"], card["counts"]["clips left out"], card["counts"]["prompts"]) == (149, 1, 100)
    assert [one["file"] for one in card["left_out"]] == ["given/sounds/7 .flac"]
    assert "left out: given/sounds/7 .flac" in (folder / "README.md").read_text()
    assert "makes the audio" not in (folder / "README.md").read_text()
    said = (folder / "concepts/is_brass/emergence.txt").read_text()
    assert said.startswith("Is “brass” heard?") and "74 and 75 clips" in said
    assert "left out" in "".join(path.read_text() for path in (checkout / "logs/mine/import_clips").iterdir())
    page = (folder / "listen/index.html").read_text()
    assert "can be told apart" in page or "cannot be told apart" in page
    assert not (folder / "order.png").exists() and not (folder / "distances.png").exists()
    assert not checkout.planned(config=mine(checkout, "mine", clips="given/clips.csv", skip="silent"))


def test_an_edited_clip_costs_its_own_shard(checkout):
    name = checkout / "given/sounds/0 .wav"
    audio, rate = soundfile.read(name)
    soundfile.write(name, audio[::-1], rate)
    plan = checkout.planned(config=mine(checkout, "mine", clips="given/clips.csv", skip="silent"))
    assert (plan["import_clips"], plan["embed_audio"], plan["import_prompts"]) == (1, 1, 0)


def test_clips_of_two_noise_levels_have_curves(checkout):
    write_clips(checkout / "levels", 12, 24, levels=("10", "0.1"))
    config = mine(checkout, "levels", clips="levels/clips.csv", skip=["silent"])
    names = ("atlas.csv", "order.png", "distances.png", "concepts/is_brass/emergence.png")
    checkout.run(*(f"results/levels/{name}" for name in names), config=config)
    with open(checkout / "results/levels/atlas.csv", newline="") as stream:
        found = {(row["signal"], row["step"], row["sigma"]) for row in csv.DictReader(stream)}
    assert found >= {("denoised", "0", "10"), ("denoised", "1", "0.1")}


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"clips": "given/clips.csv", "prompts": "given/clips.csv"}, "inputs.prompts would not be used"),
        ({"skip": "silent"}, "inputs.skip is for clips of inputs.clips"),
        ({"clips": "given/clips.csv", "skip": "quiet"}, "inputs.skip"),
        ({"clips": "given"}, "inputs.clips is given, which is a folder: expected a file."),
    ],
)
def test_what_does_not_go_together_is_one_sentence(checkout, inputs, sentence):
    done = checkout.snakemake("-n", config=mine(checkout, "none", **inputs))
    assert done.returncode == 1
    assert sentence in done.stdout + done.stderr and "Traceback" not in done.stdout + done.stderr
