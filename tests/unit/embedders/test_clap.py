import json
import shutil

import numpy as np
import pytest
from musicologist.core import shards
from musicologist.core.errors import UserError
from musicologist.embedders import clap

from tests.support import tiny_models
from tests.support.tiny_models import PROMPTS, RATE, noise


@pytest.fixture(scope="session")
def directory(tmp_path_factory):
    return tiny_models.clap_directory(tmp_path_factory.mktemp("models") / "clap")


@pytest.fixture(scope="module")
def model(directory):
    return clap.load(directory)


@pytest.fixture
def copy(directory, tmp_path):
    return shutil.copytree(directory, tmp_path / "clap")


CLIPS = [noise(seed, seconds) for seed, seconds in enumerate((0.3, 0.45, 1.0, 0.7, 1.4, 0.5, 0.26))]


def library_features(directory, audio):
    from transformers import ClapFeatureExtractor

    extractor = ClapFeatureExtractor.from_pretrained(directory)
    return extractor(audio, sampling_rate=RATE, return_tensors="pt")["input_features"]


@pytest.mark.parametrize("level", [1.0, 1e-3, 3e-5])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_features_are_those_of_the_library(directory, model, number, level):
    import torch

    audio = CLIPS[number] * np.float32(level)
    expected = library_features(directory, audio)[0]
    found = model._features(torch.from_numpy(clap.repeat_pad(audio, model.window))[None])
    assert found.shape == expected.shape
    assert float((found - expected).abs().max()) <= 1e-3  # dB


def test_embeddings_are_those_of_the_library_one_by_one(directory, model):
    import torch
    from transformers import ClapModel

    network = ClapModel.from_pretrained(directory).eval()
    found = model.embed_audio(CLIPS, 3)
    assert found.shape == (len(CLIPS), 512)
    assert found.dtype == np.float32
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-6
    for number, audio in enumerate(CLIPS):
        features = library_features(directory, audio[: model.window])
        with torch.no_grad():
            expected = network.get_audio_features(
                input_features=features, is_longer=torch.zeros(1, 1, dtype=torch.bool)
            )
        assert np.abs(expected.pooler_output[0].numpy() - found[number]).max() <= 1e-5


def test_clips_have_embeddings_of_their_own(model):
    found = model.embed_audio(CLIPS, 4)
    assert np.linalg.norm(found[:, None] - found[None], axis=2)[~np.eye(len(CLIPS), dtype=bool)].min() > 1e-3


def test_a_clips_bits_do_not_depend_on_its_batch(model):
    whole = model.embed_audio(CLIPS, 4)
    for order in ([3], [6, 3], [0, 1, 2, 4, 3]):
        found = model.embed_audio([CLIPS[number] for number in order], 4)
        assert np.array_equal(found[-1], whole[3])


def test_the_batch_size_changes_no_more_than_rounding(model):
    assert np.abs(model.embed_audio(CLIPS, 1) - model.embed_audio(CLIPS, 7)).max() <= 1e-5


def test_the_first_window_counts(model):
    audio = noise(1, 2.0)
    assert np.array_equal(model.embed_audio([audio], 1), model.embed_audio([audio[: model.window]], 1))


def test_repeating_whole_then_zeros():
    assert clap.repeat_pad(np.array([1, 2, 3], np.float32), 8).tolist() == [1, 2, 3, 1, 2, 3, 0, 0]
    assert clap.repeat_pad(np.array([1, 2, 3], np.float32), 2).tolist() == [1, 2]


def test_texts_are_embedded_alike_alone_and_together(model):
    together = model.embed_text(PROMPTS)
    assert together.shape == (3, 512)
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-6
    for number, text in enumerate(PROMPTS):
        assert np.abs(model.embed_text([text])[0] - together[number]).max() < 1e-5
    assert np.abs(together[0] - together[1]).max() > 1e-3


def test_a_text_beyond_the_longest_is_cut(model):
    assert np.isfinite(model.embed_text(["flute " * 100])).all()


@pytest.mark.parametrize("rate", [44_100, 48_000, 8_000])
def test_other_rates_are_resampled_and_channels_averaged(rate):
    time = np.arange(rate) / rate
    tone = np.stack([np.sin(2 * np.pi * 440 * time), np.zeros(rate)]).astype(np.float32)
    found = shards.mono_at(tone, rate, RATE, "x")
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert found.dtype == np.float32
    assert np.abs(found - expected)[500:-500].max() < 0.01


@pytest.mark.parametrize(
    ("audio", "sentence"),
    [
        (np.full((1, RATE), np.nan), "s.tar, clip 3 has samples that are no numbers"),
        (np.full((1, RATE), np.inf), "s.tar, clip 3 has samples that are no numbers"),
        (np.ones((1, 1500)), r"s.tar, clip 3 is 0\.094 s long: expected at least 0\.1 s"),
        (np.ones((1, 0)), r"s.tar, clip 3 is 0\.000 s long"),
    ],
)
def test_audio_that_cannot_be_embedded_is_one_sentence(audio, sentence):
    with pytest.raises(UserError, match=sentence):
        shards.mono_at(audio.astype(np.float32), RATE, RATE, "s.tar, clip 3")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"])
def test_a_missing_file_is_one_sentence(copy, name):
    (copy / name).unlink()
    with pytest.raises(UserError, match=name):
        clap.load(copy)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"])
@pytest.mark.parametrize("share", [0, 0.5])
def test_a_truncated_file_is_one_sentence(copy, name, share):
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(
        UserError, match=r"holds no readable CLAP|is no readable weights file|is no configuration of a CLAP"
    ):
        clap.load(copy)


def change(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_weights_of_another_model_are_refused(copy):
    config = json.loads((copy / "config.json").read_text())
    change(copy / "config.json", text_config=config["text_config"] | {"num_hidden_layers": 2})
    with pytest.raises(UserError, match=r"the weights do not fit config\.json \(text_model"):
        clap.load(copy)
    change(copy / "config.json", text_config=config["text_config"] | {"intermediate_size": 24})
    with pytest.raises(UserError, match=r"the weights do not fit config\.json \(text_model.*, 3 such"):
        clap.load(copy)


def test_weights_of_half_precision_run_in_full(copy, model):
    from safetensors.torch import load_file, save_file

    half = {name: tensor.half() for name, tensor in load_file(copy / "model.safetensors").items()}
    save_file(half, copy / "model.safetensors", {"format": "pt"})
    found = clap.load(copy).embed_audio(CLIPS[:1], 1)
    assert found.dtype == np.float32
    assert np.abs(found - model.embed_audio(CLIPS[:1], 1)).max() < 1e-2


def test_pytorchs_own_weights_are_read_too(copy, model):
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    difference = clap.load(copy).embed_audio(CLIPS[:1], 1) - model.embed_audio(CLIPS[:1], 1)
    assert np.abs(difference).max() < 1e-6  # where weights lie in memory decides which kernel multiplies them
    content = (copy / "pytorch_model.bin").read_bytes()
    for broken in (b"junk", content[:-100]):
        (copy / "pytorch_model.bin").write_bytes(broken)
        with pytest.raises(UserError, match=r"pytorch_model\.bin is truncated"):
            clap.load(copy)


def test_a_fused_clap_is_refused(copy):
    change(copy / "preprocessor_config.json", truncation="fusion")
    with pytest.raises(UserError, match="expected an unfused CLAP"):
        clap.load(copy)


def test_a_tokenizer_without_words_is_refused(copy):
    from musicologist.training import scenes

    scenes.build_tokenizer([], copy)
    with pytest.raises(UserError, match="the tokenizer has 4 tokens, far fewer than the model's"):
        clap.load(copy)


def test_neither_directory_nor_hub_id_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="is no directory: models names a directory, or a Hugging Face id"):
        clap.load(tmp_path / "nowhere")
