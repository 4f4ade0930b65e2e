"""Diffusion models from every place and kind of file, with the network cut."""

import json
import shutil

import pytest
from musicologist.core.errors import UserError
from musicologist.generators import stable_audio_tools

from tests.support import stable_audio_open, tiny_models
from tests.support.tiny_models import PROMPTS

import torch  # isort: skip

pytestmark = pytest.mark.slow

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return tiny_models.t5_directory(tmp_path_factory.mktemp("models") / "t5")


@pytest.fixture(scope="module")
def directory(tmp_path_factory, t5):
    return tiny_models.diffusion_directory(tmp_path_factory.mktemp("models") / "diffusion", text_encoder=t5)


def conditioned(model):
    metadata = [{"prompt": prompt, "seconds_start": 0, "seconds_total": 1} for prompt in PROMPTS]
    return model.conditioner(metadata, "cpu")["prompt"][0]


def cached(tmp_path, name, source, revision="main"):
    """A hand-made cache of a repository with these files, in which ``revision`` is a branch."""
    repository = tmp_path / "hub" / f"models--{name.replace('/', '--')}"
    shutil.copytree(source, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / revision).write_text(COMMIT)


def test_both_kinds_of_file_and_a_hub_id_are_the_same_model(tmp_path, directory, t5):
    expected, _ = stable_audio_tools.load_model(directory, text_encoder=t5)
    checkpoint = tiny_models.diffusion_directory(tmp_path / "ckpt", text_encoder=t5, kind="ckpt")
    lone = shutil.copytree(checkpoint, tmp_path / "lone")
    (lone / "model.ckpt").rename(lone / "my_own.ckpt")
    beside = shutil.copytree(directory, tmp_path / "beside")
    shutil.copytree(t5, beside / "t5-base")
    cached(tmp_path, "stabilityai/stable-audio-open-1.0", directory, "v1")
    cached(tmp_path, "t5-base", t5)
    for model, encoder in (
        (checkpoint, t5),
        (lone, t5),
        (beside, None),
        (f"stabilityai/stable-audio-open-1.0@{COMMIT}", None),
        ("stabilityai/stable-audio-open-1.0@v1", t5),
    ):
        found, config = stable_audio_tools.load_model(model, text_encoder=encoder)
        assert config["sample_rate"] == 16_000
        for (name, one), (_, other) in zip(found.state_dict().items(), expected.state_dict().items(), strict=True):
            assert torch.equal(one, other), name
        assert torch.equal(conditioned(found), conditioned(expected))
    assert not torch.equal(conditioned(expected)[0], conditioned(expected)[1])


def test_what_the_cache_lacks_is_one_sentence(tmp_path, directory):
    with pytest.raises(UserError, match=r"^stabilityai/x@v2 has no model_config\.json in the Hugging Face cache"):
        stable_audio_tools.load("stabilityai/x@v2")
    with pytest.raises(UserError, match=r"^t5-base has no config\.json in the Hugging Face cache"):
        stable_audio_tools.load(directory)


def test_a_tokenizer_without_its_vocabulary_is_refused(tmp_path, directory, t5):
    from musicologist.training import scenes

    broken = shutil.copytree(t5, tmp_path / "t5")
    scenes.build_tokenizer([], broken)
    with pytest.raises(
        UserError, match=r"t5: the tokenizer has 4 tokens, the T5 5\d: the tokenizer's files are missing"
    ):
        stable_audio_tools.load(directory, text_encoder=broken)


def test_a_checkpoint_of_a_training_is_named_as_such(tmp_path):
    folder = tiny_models.diffusion_directory(tmp_path / "model")
    state = {
        f"diffusion.{name}": tensor for name, tensor in stable_audio_tools.load_model(folder)[0].state_dict().items()
    }
    (folder / "model.safetensors").unlink()
    torch.save({"state_dict": state}, folder / "model.ckpt")
    with pytest.raises(
        UserError, match=r"model\.ckpt is a training checkpoint, whose names begin with diffusion\.: unwrap it"
    ):
        stable_audio_tools.load(folder)


def test_weights_of_another_width_are_refused_by_their_header(tmp_path):
    folder = tiny_models.diffusion_directory(tmp_path / "model")
    assert stable_audio_tools.check_weights(folder) == (folder / "model.safetensors").stat().st_size
    config = json.loads((folder / "model_config.json").read_text())
    config["model"]["diffusion"]["config"]["embed_dim"] = 128
    (folder / "model_config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"its transformer is 64 wide, there it is 128\): take both from one place"):
        stable_audio_tools.check_weights(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c.update(model_type="autoencoder"), "model_type is 'autoencoder'; expected diffusion_cond"),
        (lambda c: c["model"].pop("conditioning"), "describes no conditioning"),
        (
            lambda c: c["model"]["diffusion"].update(diffusion_objective="epsilon"),
            "objective is epsilon: expected v, rectified_flow, rf_denoiser",
        ),
        (lambda c: c["model"]["diffusion"].update(type="adp_1d"), "the network 'adp_1d' is none that is built here"),
        (
            lambda c: c["model"]["conditioning"]["configs"].append({"id": "bpm", "type": "number", "config": {}}),
            "the model is conditioned on prompt, seconds_start, seconds_total, bpm: expected a prompt, and no more than",
        ),
    ],
)
def test_what_is_no_such_model_is_one_sentence(tmp_path, change, sentence):
    config = tiny_models.diffusion_configuration()
    change(config)
    (tmp_path / "model_config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=sentence):
        stable_audio_tools.read_config(tmp_path)


def test_stable_audio_open_is_built_with_the_published_names_and_shapes(t5, monkeypatch):
    """At full size, on the meta device: no memory, no time."""
    from transformers import T5EncoderModel

    encoder = T5EncoderModel.from_pretrained(t5)
    monkeypatch.setattr("transformers.T5EncoderModel.from_pretrained", lambda place: encoder)
    with torch.device("meta"):
        model = stable_audio_tools.build(stable_audio_open.CONFIGURATION, text_encoder=t5)
    listed = stable_audio_open.tensors()
    assert len(listed) == 745
    assert {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()} == listed
    millions = [sum(p.numel() for p in part.parameters()) / 1e6 for part in (model.model, model.pretransform)]
    assert millions == [pytest.approx(1056.8, abs=0.05), pytest.approx(156.1, abs=0.05)]
    frames = stable_audio_open.CONFIGURATION["sample_size"] // model.pretransform.downsampling_ratio
    assert (model.io_channels, frames) == (64, 1024)


class Marker:
    """Unpickled, it makes a file."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return open, (str(self.place), "w")


def test_what_a_conditioners_file_carries_is_not_run(tmp_path):
    config = tiny_models.diffusion_configuration()
    folder = tiny_models.diffusion_directory(tmp_path / "model")
    torch.save({"harm": Marker(tmp_path / "made")}, folder / "clap.ckpt")
    clap = {"clap_ckpt_path": str(folder / "clap.ckpt"), "use_text_features": False}
    config["model"]["conditioning"]["configs"][0] |= {"type": "clap_text", "config": clap}
    (folder / "model_config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="the conditioner 'clap_text' is none that is built here"):
        stable_audio_tools.load(folder)
    assert not (tmp_path / "made").exists()
