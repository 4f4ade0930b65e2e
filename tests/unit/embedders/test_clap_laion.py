"""LAION's checkpoints: our embeddings are those of LAION's own package, from the same file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from musicologist.core.errors import UserError
from musicologist.embedders import clap_laion
from musicologist.models import weights

from tests.support.tiny_models import noise

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
RATE = 48_000
TEXTS = ["a warm flute", "loud brass and drums", "brass " * 60]

# In a process of its own, for the package puts a module clap_module on the path and takes torchvision's place.
THEIRS = """
import json, sys
from pathlib import Path
import numpy as np
from tests.support import laion
import torch

folder = Path(sys.argv[1])
laion.cache(folder / "hf")
package = laion.package()
texts = json.loads((folder / "texts.json").read_text())
clips = np.load(folder / "clips.npz")
for size in ("tiny", "base"):
    torch.manual_seed(1)
    theirs = package.CLAP_Module(enable_fusion=False, amodel=f"HTSAT-{size}", device="cpu")
    state = {f"module.{name}": tensor for name, tensor in theirs.model.state_dict().items()}
    state["module.text_branch.embeddings.position_ids"] = torch.arange(514)[None]
    for name in state:
        if name.endswith("bn0.running_mean"):
            state[name] = torch.linspace(-60, -30, 64)
        elif name.endswith("relative_position_bias_table"):
            state[name] = torch.randn(state[name].shape)
    # as the package's training wrote it
    checkpoint = {"epoch": 15, "name": "x", "state_dict": state, "loss": np.float64(1.5), "best": np.float32(0.9)}
    torch.save(checkpoint, folder / f"{size}.pt")
    theirs.load_ckpt(str(folder / f"{size}.pt"), verbose=False)
    audio = [theirs.get_audio_embedding_from_data([clips[name]])[0] for name in clips.files]
    np.savez(folder / f"{size}.npz", audio=audio, text=theirs.get_text_embedding(texts))
    (folder / f"{size}.json").write_text(json.dumps(sorted(state)))
"""


@pytest.fixture(scope="session")
def laion(tmp_path_factory):
    """A folder with checkpoints of both sizes and what LAION's package makes of them, the network cut."""
    folder = tmp_path_factory.mktemp("laion")
    (folder / "texts.json").write_text(json.dumps(TEXTS))
    lengths = {"long": 11.0, "short": 3.2}
    clips = {name: noise(number, seconds, RATE) for number, (name, seconds) in enumerate(lengths.items())}
    clips = {name: np.rint(clip * 32767).astype(np.float32) / np.float32(32767) for name, clip in clips.items()}
    clips["long"] = clips["long"][: 10 * RATE]  # the package crops longer ones at random
    np.savez(folder / "clips.npz", **clips)
    environment = os.environ | {"HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1"}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(ROOT / "scripts"), os.environ["PYTHONPATH"]))
    done = subprocess.run([sys.executable, "-c", THEIRS, folder], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.parametrize("size", ["tiny", "base"])
def test_embeddings_are_those_of_laions_own_package(laion, size, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(laion / "hf" / "hub"))
    theirs, clips = np.load(laion / f"{size}.npz"), np.load(laion / "clips.npz")
    model = clap_laion.load(laion / f"{size}.pt")
    assert (model.sample_rate, model.window) == (RATE, 10 * RATE)
    ours = {"audio": model.embed_audio([clips[name] for name in clips.files], 2), "text": model.embed_text(TEXTS)}
    for kind, found in ours.items():
        assert found.shape == theirs[kind].shape
        assert (found * theirs[kind]).sum(1).min() >= 0.99999
        apart = np.abs(theirs[kind][0] - theirs[kind][1]).max()
        assert np.abs(found - theirs[kind]).max() < 1e-3 * apart
    assert np.array_equal(model.embed_audio([clips[name] for name in clips.files], 2), ours["audio"])
    assert np.array_equal(clap_laion.load(laion / f"{size}.pt").embed_audio([clips["short"]], 2)[0], ours["audio"][1])
    assert np.array_equal(model.embed_text(TEXTS), ours["text"])


def test_a_checkpoint_is_found_by_its_hub_id(laion, tmp_path, monkeypatch):
    """In a cache as the hub's own client lays it out: a snapshot of links to blobs."""
    repository, commit = tmp_path / "models--lukewys--laion_clap", "0123456789abcdef0123456789abcdef01234567"
    snapshot = repository / "snapshots" / commit
    for folder in (snapshot, repository / "blobs", repository / "refs"):
        folder.mkdir(parents=True)
    (repository / "blobs/fa0a4e0").symlink_to(laion / "tiny.pt")
    (snapshot / "630k-audioset-best.pt").symlink_to("../../blobs/fa0a4e0")
    (repository / "refs/main").write_text(commit)
    (tmp_path / "models--roberta-base").symlink_to(laion / "hf/hub/models--roberta-base")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    expected = clap_laion.load(laion / "tiny.pt")
    for model in (f"lukewys/laion_clap/630k-audioset-best.pt@{commit}", "lukewys/laion_clap/630k-audioset-best.pt"):
        found, clip = clap_laion.load(model), [noise(0, 1.0, RATE)]
        assert np.array_equal(found.embed_audio(clip, 1), expected.embed_audio(clip, 1))
        assert np.array_equal(found.embed_text(TEXTS), expected.embed_text(TEXTS))
    with pytest.raises(UserError, match=r"^lukewys/laion_clap/other\.pt has no other\.pt in the Hugging Face cache"):
        clap_laion.load("lukewys/laion_clap/other.pt")


def test_the_checkpoint_of_these_tests_has_the_published_names(laion):
    """Some of those of music_audioset_epoch_15_esc_90.14.pt and 630k-audioset-best.pt, of every part."""
    for size in ("tiny", "base"):
        names = set(json.loads((laion / f"{size}.json").read_text()))
        assert {
            "module.logit_scale_a",
            "module.logit_scale_t",
            "module.audio_branch.bn0.running_mean",
            "module.audio_branch.spectrogram_extractor.stft.conv_real.weight",
            "module.audio_branch.logmel_extractor.melW",
            "module.audio_branch.patch_embed.proj.weight",
            "module.audio_branch.layers.0.blocks.1.attn_mask",
            "module.audio_branch.layers.0.downsample.reduction.weight",
            f"module.audio_branch.layers.2.blocks.{5 if size == 'tiny' else 11}.attn.relative_position_index",
            "module.audio_branch.layers.3.blocks.1.mlp.fc2.bias",
            "module.audio_branch.tscam_conv.weight",
            "module.audio_branch.head.weight",
            "module.audio_projection.0.weight",
            "module.audio_transform.sequential.3.weight",
            "module.text_branch.embeddings.position_ids",
            "module.text_branch.encoder.layer.0.attention.self.query.weight",
            "module.text_branch.pooler.dense.weight",
            "module.text_projection.2.bias",
            "module.text_transform.sequential.0.weight",
        } <= names


@pytest.fixture(scope="module")
def state(laion):
    return weights.load(laion / "tiny.pt")


def test_a_fused_checkpoint_is_refused(state):
    fused = state | {"module.audio_branch.patch_embed.mel_conv2d.weight": state["module.logit_scale_a"]}
    with pytest.raises(UserError, match=r"^x\.pt is a fused CLAP"):
        clap_laion.convert("x.pt", fused)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("module.audio_branch.patch_embed.proj.weight", "is no CLAP of HTSAT and RoBERTa"),
        (
            "module.audio_branch.norm.weight",
            r"does not fit ClapModel \(audio_model\.audio_encoder\.norm\.weight, 1 such",
        ),
    ],
)
def test_a_checkpoint_that_lacks_weights_is_refused(state, name, sentence):
    with pytest.raises(UserError, match=sentence):
        clap_laion.convert("x.pt", {key: tensor for key, tensor in state.items() if key != name})


def test_a_truncated_checkpoint_is_refused(laion, tmp_path):
    (tmp_path / "cut.pt").write_bytes((laion / "tiny.pt").read_bytes()[:-1000])
    with pytest.raises(UserError, match=r"cut\.pt is truncated"):
        clap_laion.load(tmp_path / "cut.pt")


def test_without_robertas_tokenizer_audio_can_be_embedded_and_text_cannot(laion, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    model = clap_laion.load(laion / "tiny.pt")
    assert model.embed_audio([noise(0, 1.0, RATE)], 1).shape == (1, 512)
    with pytest.raises(UserError, match=r"roberta-base has no config\.json in the Hugging Face cache"):
        model.embed_text(TEXTS)
