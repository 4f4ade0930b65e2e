"""Both trainings, a few steps on a few rendered clips: what comes out loads and is used as the bundled models are."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from musicologist.core import shard_writing, shards
from musicologist.embedders import clap as embedders_clap
from musicologist.generators import stable_audio_tools
from musicologist.training import clap as training_clap
from musicologist.training import clap_features, diffusion, scenes

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[3] / "scripts/render_training_clips.py"


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    specification = importlib.util.spec_from_file_location("render_training_clips", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    path = tmp_path_factory.mktemp("clips") / "clips.tar"
    shard_writing.write(path, module.render("TimGM6mb", 1, 0, 22))
    return str(path)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_diffusion_model_trains_and_loads(clips, tmp_path, precision):
    schedule = diffusion.Training(steps=3, minutes=5, batch_size=4, precision=precision)
    reached = diffusion.train([clips], schedule, 1, tmp_path)
    assert reached["steps"] == 3
    assert reached["clips"] == 22
    assert np.isfinite(reached["loss"])
    assert (tmp_path / "model.safetensors").stat().st_size < 10e6
    model, config = stable_audio_tools.load_model(tmp_path)
    assert config["sample_rate"] == 16000
    assert json.loads((tmp_path / "model_config.json").read_text())["model"]["pretransform"]["type"] == "log_mel"
    assert model.io_channels == 64


def test_training_goes_on_with_the_words_and_the_spread_of_the_earlier_weights(clips, tmp_path):
    start = Path(__file__).parents[3] / "resources/models/diffusion"
    schedule = diffusion.Training(steps=1, minutes=5, batch_size=4, learning_rate=0.0, start=str(start))
    diffusion.train([clips], schedule, 1, tmp_path)
    for name in ("model_config.json", "tokenizer.json"):
        assert json.loads((tmp_path / name).read_text()) == json.loads((start / name).read_text())
    before, after = (stable_audio_tools.load_model(folder)[0].state_dict() for folder in (start, tmp_path))
    assert all((before[name] - after[name]).abs().max() < 1e-6 for name in before)


def test_noise_levels_lie_half_uniform_in_time_and_half_in_the_logarithm():
    levels = diffusion.noise_levels(4000, np.random.default_rng(0)).numpy()
    assert ((levels > 0) & (levels < 1)).all()
    sigma = np.tan(levels[2000:] * np.pi / 2)
    assert np.log(sigma).mean() == pytest.approx(np.log(np.sqrt(0.2 * 100)), abs=0.1)
    assert levels[:2000].mean() == pytest.approx(0.5, abs=0.03)


def test_clap_trains_and_embeds_audio_and_text(clips, tmp_path):
    reached = training_clap.train([clips], training_clap.Training(steps=2, minutes=5, batch_size=8), 1, tmp_path)
    assert reached["clips"] == 22
    assert reached["round_trips"] > 0
    assert (tmp_path / "model.safetensors").stat().st_size < 10e6
    model = embedders_clap.load(tmp_path)
    audio = [clip.mono() for clip in shards.read(clips)][:3]
    assert np.linalg.norm(model.embed_audio(audio, 4), axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert model.embed_text(["a flute note"]).shape == (1, 512)


def test_clap_goes_on_with_the_words_of_the_earlier_weights_and_hears_filtered_clips(clips, tmp_path):
    start = Path(__file__).parents[3] / "resources/models/clap"
    options = {"learning_rate": 0.0, "start": str(start), "filtered": 1.0, "precision": "bfloat16"}
    schedule = training_clap.Training(steps=1, minutes=5, batch_size=8, **options)
    assert np.isfinite(training_clap.train([clips], schedule, 1, tmp_path)["contrastive_loss"])
    assert json.loads((tmp_path / "tokenizer.json").read_text()) == json.loads((start / "tokenizer.json").read_text())
    text = ["a flute note"]
    before, after = (embedders_clap.load(folder).embed_text(text) for folder in (start, tmp_path))
    assert after == pytest.approx(before, abs=1e-3)


def test_a_warped_spectrum_keeps_its_levels_and_moves_its_peaks_by_up_to_eight_hundredths():
    place = np.arange(64)
    clean = torch.from_numpy(np.exp(-0.5 * ((place - 40) / 1.5) ** 2)).float().expand(200, 3, 64)
    heard = clap_features.warp(clean, 0.5, np.random.default_rng(0))
    peaks = (heard[:, 0] * torch.from_numpy(place)).sum(1) / heard[:, 0].sum(1)
    same = (heard == clean).all(2).all(1)
    assert 0.4 < same.float().mean() < 0.6
    assert 2 < (peaks - 40).abs().max() <= 40 * (1 / 0.92 - 1) + 0.1
    assert clean.max() * 0.8 < heard.amax(2).min() and heard.max() <= clean.max() * 1.001
    assert torch.equal(clap_features.warp(clean, 0.0, np.random.default_rng(0)), clean)


def test_a_random_filter_has_neither_gain_nor_tilt_and_spares_the_other_clips():
    clean = torch.zeros(400, 3, 64)
    heard = clap_features.colour(clean, 0.5, np.random.default_rng(0)).numpy()
    changed = np.abs(heard).max(axis=(1, 2)) > 0
    assert 0.4 < changed.mean() < 0.6
    assert (heard[:, 0] == heard[:, 2]).all()
    assert np.abs(heard.mean(2)).max() < 1e-4
    assert np.abs(heard[:, 0] @ np.linspace(-1, 1, 64)).max() < 1e-3
    assert 2 < heard[changed].std() < 5


def test_other_forms_of_words_fold_and_known_words_stay():
    known = ["flute", "chords", "drum", "drums", "melody", "brass", "warm", "playing", "a", "120", "<s>"]
    found = scenes.other_forms(known)
    assert found["flutes"] == "flute" and found["chord"] == "chords" and found["melodies"] == "melody"
    assert found["brasses"] == "brass" and found["warmly"] == "warm" and found["plays"] == "playing"
    assert not set(found) & set(known) and "as" not in found
