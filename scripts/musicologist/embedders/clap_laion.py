"""LAION's own CLAP checkpoints (the .pt files of the ``laion-clap`` package) as transformers' ClapModel.

Both packages hold the same network, HTSAT (Chen et al. 2022) beside RoBERTa, under other names; transformers' published CLAPs
were converted so. Reading the file this way needs none of what the package itself loads when it is imported.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.core.checkout import found
from musicologist.core.errors import UserError
from musicologist.embedders import clap
from musicologist.models import hub, weights

if TYPE_CHECKING:
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

LICENCE = "the checkpoint's own"
READS_TEXT, ON_SPHERE = True, True
TOKENIZER = "roberta-base"
TOKENIZER_FILES = (("config.json",), ("tokenizer.json",), ("tokenizer_config.json", ""))
LONGEST_TEXT = 77  # tokens, as the package cuts them
_HEAD = 64  # dimensions of an attention head of RoBERTa
_NAMES = (
    (r"^text_branch\.", "text_model."),
    (r"^audio_branch\.", "audio_model.audio_encoder."),
    (r"^(text|audio)_projection\.0\.", r"\1_projection.linear1."),
    (r"^(text|audio)_projection\.2\.", r"\1_projection.linear2."),
    (r"\.bn0\.", ".batch_norm."),
    (r"\.attn\.relative_position", ".attention.self.relative_position"),
    (r"\.attn\.qkv\.", ".attention.self.qkv."),
    (r"\.attn\.proj\.", ".attention.output.dense."),
    (r"\.mlp\.fc1\.", ".intermediate.dense."),
    (r"\.mlp\.fc2\.", ".output.dense."),
    (r"\.norm1\.", ".layernorm_before."),
    (r"\.norm2\.", ".layernorm_after."),
)
# what the embeddings do not use: features (computed here), AudioSet's classifier, heads and scales of the training
_UNUSED = re.compile(
    r"\.(spectrogram_extractor|logmel_extractor|tscam_conv|head)\.|^(text|audio)_transform\.|^logit_scale_[at]$"
    r"|\.(position_ids|token_type_ids|attn_mask|relative_position_index|num_batches_tracked)$"
)


def needed(repository: hub.Repository) -> hub.Files:
    """The file of a hub repository that is wanted."""
    return [(repository.file or "",)]


def check(place: Path) -> None:
    """Raise UserError where a checkpoint is truncated."""
    weights.check(place)


def load(model: str | Path, device: str = "cpu") -> clap.Clap:
    """The CLAP of a checkpoint (.pt), or of the Hugging Face id of one that the cache has, in float32 on ``device``.

    Its tokenizer is looked for only when a text is embedded. Raises UserError where the file is missing or broken, the weights
    do not fit, the tokenizer has no vocabulary, or the CLAP is a fused one.
    """
    clap.quiet()
    repository, path = hub.parse(model), found(model)
    if repository is not None:
        path = hub.cached(repository, needed(repository)) / (repository.file or "")
    network = convert(path, weights.load(path)).float().eval().requires_grad_(False).to(device)

    def tokenizer() -> Any:
        from transformers import AutoTokenizer

        place = tokenizer_directory(path)
        return clap.checked(AutoTokenizer.from_pretrained(place), network.config, place)

    return clap.Clap(network, feature_extractor(), tokenizer, device, LONGEST_TEXT, quantise=True)


def convert(path: str | Path, state: Mapping[str, "torch.Tensor"]) -> "ClapModel":
    """A ClapModel with the weights of a checkpoint, whose sizes are read off their shapes.

    Raises UserError, naming ``path``, where they are no unfused CLAP of HTSAT and RoBERTa.
    """
    state = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    if any("mel_conv2d" in name for name in state):
        raise UserError(
            f"{path} is a fused CLAP, which embeds a clip differently from batch to batch: expected an unfused one, like "
            "music_audioset_epoch_15_esc_90.14.pt or 630k-audioset-best.pt."
        )
    try:
        network, lacking, unknown = clap.fitted(configuration(state), translate(state))
    except (KeyError, RuntimeError, ValueError) as error:
        detail = " ".join(str(error).split())[:160]
        raise UserError(
            f"{path} is no CLAP of HTSAT and RoBERTa ({detail}): take a checkpoint of laion-clap."
        ) from None
    misfits = [name for name in lacking + unknown if not _UNUSED.search(name)]
    if misfits:
        raise UserError(
            f"{path} does not fit ClapModel ({misfits[0]}, {len(misfits)} such): take a checkpoint of laion-clap."
        )
    return network


def configuration(state: Mapping[str, "torch.Tensor"]) -> "ClapConfig":
    """The sizes of the network that these weights are of; KeyError where they are no CLAP's."""
    from transformers import ClapConfig

    width = state["audio_branch.patch_embed.proj.weight"].shape[0]
    words, hidden = state["text_branch.embeddings.word_embeddings.weight"].shape
    joint = state["text_projection.2.weight"].shape[0]
    depths = [
        _count(state, rf"audio_branch\.layers\.{layer}\.blocks\.(\d+)\.")
        for layer in range(_count(state, r"audio_branch\.layers\.(\d+)\."))
    ]
    heads = [
        state[f"audio_branch.layers.{layer}.blocks.0.attn.relative_position_bias_table"].shape[1]
        for layer in range(len(depths))
    ]
    audio = {
        "patch_embeds_hidden_size": width,
        "hidden_size": width * 2 ** (len(depths) - 1),
        "depths": depths,
        "num_attention_heads": heads,
        "projection_dim": joint,
        "enable_fusion": False,
    }
    text = {
        "vocab_size": words,
        "hidden_size": hidden,
        "num_hidden_layers": _count(state, r"text_branch\.encoder\.layer\.(\d+)\."),
        "num_attention_heads": hidden // _HEAD,
        "intermediate_size": state["text_branch.encoder.layer.0.intermediate.dense.weight"].shape[0],
        "max_position_embeddings": state["text_branch.embeddings.position_embeddings.weight"].shape[0],
        "layer_norm_eps": 1e-5,
        "projection_dim": joint,
    }
    return ClapConfig(audio_config=audio, text_config=text, projection_dim=joint)


def _count(state: Mapping[str, Any], pattern: str) -> int:
    return 1 + max((int(match[1]) for name in state if (match := re.match(pattern, name))), default=-1)


def translate(state: Mapping[str, "torch.Tensor"]) -> dict[str, "torch.Tensor"]:
    """The weights that embeddings need, by transformers' names."""
    translated = {}
    for name, tensor in state.items():
        if _UNUSED.search(name):
            continue
        for pattern, replacement in _NAMES:
            name = re.sub(pattern, replacement, name)
        if ".qkv." in name:
            for part, piece in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                translated[name.replace("qkv", part)] = piece
        else:
            translated[name] = tensor
    return translated


def feature_extractor() -> "ClapFeatureExtractor":
    """The features that all of LAION's checkpoints were trained on."""
    from transformers import ClapFeatureExtractor

    return ClapFeatureExtractor(
        feature_size=64,
        sampling_rate=48_000,
        hop_length=480,
        max_length_s=10,
        fft_window_size=1024,
        frequency_min=50,
        frequency_max=14_000,
        truncation="rand_trunc",
        padding="repeatpad",
    )


def tokenizer_directory(path: str | Path) -> Path:
    """Where RoBERTa's tokenizer lies: in ``roberta-base`` beside the checkpoint, or in the hub's cache."""
    beside = Path(path).parent / TOKENIZER
    return beside if beside.is_dir() else hub.cached(hub.Repository(TOKENIZER), TOKENIZER_FILES)
