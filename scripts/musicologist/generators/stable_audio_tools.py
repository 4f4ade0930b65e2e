"""Diffusion models as stable-audio-tools builds them, loaded with their weights and text encoder."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.core import documents
from musicologist.core.checkout import found
from musicologist.core.errors import UserError, suggest
from musicologist.generators.contract import Facts
from musicologist.models import hub, lean_imports, weights

if TYPE_CHECKING:
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper

    from musicologist.generators.stable_audio_denoiser import StableAudio

OUR_PRETRANSFORM = "log_mel"
WEIGHTS = ("model.safetensors", "model.ckpt")
FILES = (("model_config.json",), WEIGHTS)
CONFIGURATION = FILES[:1]
GIVEN = ("prompt", "seconds_start", "seconds_total")
"""What each clip is conditioned on."""
KINDS = {
    "conditioner": ("t5", "lut", "list", "number", "int"),
    "pretransform": ("autoencoder", OUR_PRETRANSFORM, "patched"),
    "encoder": ("oobleck", "taae", "local_attn"),
    "decoder": ("oobleck", "taae", "local_attn"),
    "bottleneck": ("vae", "tanh", "l2_norm", "wasserstein", "fsq", "dithered_fsq"),
    "network": ("dit",),
}
"""The parts of a model that may be built. Others would unpickle files (clap_text) or download (dac_pretrained)."""
OBJECTIVES = ("v", "rectified_flow", "rf_denoiser")
"""What a network may have been trained to predict: the v of Salimans and Ho, or a rectified flow's velocity."""
_DECODER_WIDTH = 4 * 128  # channels alive at once at the full rate in Stable Audio Open's decoder


def build(
    config: Mapping[str, Any], directory: str | Path = ".", text_encoder: str | Path | None = None
) -> "ConditionedDiffusionModelWrapper":
    """A model of ``config`` (stable-audio-tools' ``model_config.json``) with fresh weights.

    Beyond what stable-audio-tools knows, the pretransform may be of type ``log_mel`` (``log_mel_latent``). The tokenizer of a
    ``lut`` conditioner is looked up in ``directory``, the T5 of a ``t5`` conditioner in ``text_encoder``.
    """
    config = copy.deepcopy(dict(config))
    lean_imports.stable_audio_tools()
    if any(conditioner["type"] == "t5" for conditioner in config["model"]["conditioning"]["configs"]):
        lean_imports.transformers()
    from stable_audio_tools.models.conditioners import T5Conditioner
    from stable_audio_tools.models.factory import create_model_from_config

    for conditioner in config["model"]["conditioning"]["configs"]:
        if conditioner["type"] == "lut":
            name = conditioner["config"]["tokenizer_name"]
            conditioner["config"]["tokenizer_name"] = str(Path(directory) / name)
        elif conditioner["type"] == "t5" and text_encoder is not None:
            # the conditioner takes names of its own list alone: put the directory there, with the width of what it stands for
            place, name = str(text_encoder), conditioner["config"].get("t5_model_name", "t5-base")
            T5Conditioner.T5_MODELS = [*T5Conditioner.T5_MODELS, place]
            T5Conditioner.T5_MODEL_DIMS = {**T5Conditioner.T5_MODEL_DIMS, place: T5Conditioner.T5_MODEL_DIMS[name]}
            conditioner["config"]["t5_model_name"] = place
    pretransform = config["model"].get("pretransform") or {}
    if pretransform.get("type") != OUR_PRETRANSFORM:
        return create_model_from_config(config)

    from musicologist.generators.log_mel_latent import HOP, LogMelPretransform

    del config["model"]["pretransform"]
    model = create_model_from_config(config)
    model.pretransform = LogMelPretransform(config["sample_rate"], **pretransform["config"])
    model.min_input_length *= HOP
    return model


def load(model: str | Path, device: str = "cpu", text_encoder: str | Path | None = None) -> "StableAudio":
    """The generator of a model in float32 on ``device``; raises UserError as ``load_model``."""
    loaded, config = load_model(model, device, text_encoder)
    from musicologist.generators.stable_audio_denoiser import StableAudio

    return StableAudio(loaded, config, device)


def load_model(
    model: str | Path, device: str = "cpu", text_encoder: str | Path | None = None
) -> tuple["ConditionedDiffusionModelWrapper", dict[str, Any]]:
    """A diffusion model in float32 on ``device``, and its configuration.

    ``model`` is a directory (``model_config.json`` beside its weights) or a Hugging Face id (``hub.parse``) that the cache
    has. ``text_encoder`` is the same for the T5 of a ``t5`` conditioner; None takes the id in the model's configuration.

    Raises UserError where a file is missing or broken, the weights do not fit the configuration, or the T5's tokenizer has no
    vocabulary.
    """
    directory = hub.directory(model, FILES)
    config = read_config(directory)
    check_weights(directory)
    file = weights_file(directory)
    state = weights.load(file)
    encoder = text_encoder_directory(config, directory, text_encoder)
    try:
        with weights.none_drawn():
            network = build(config, directory, encoder)
    except Exception as error:  # whatever stable-audio-tools does with a configuration that it does not know
        raise UserError(
            f"{directory / 'model_config.json'} describes no model that stable-audio-tools can build ({error}): expected "
            "the file that came with the weights."
        ) from None
    _check_tokenizers(network, encoder)
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()}, strict=True, assign=True)
    except RuntimeError as error:
        detail = " ".join(str(error).split())[:200]
        raise UserError(
            f"{file} does not fit {directory / 'model_config.json'} ({detail}): take both from one place."
        ) from None
    return network.float().eval().requires_grad_(False).to(device), config


def facts(config: Mapping[str, Any], seconds_total: float, model: str) -> Facts:
    """What a configuration tells; these models make all clips equally long."""
    network = config["model"]["diffusion"]["config"]
    ratio = (config["model"].get("pretransform") or {}).get("config", {}).get("downsampling_ratio", 1)
    return Facts(
        sample_rate=config["sample_rate"],
        channels=config.get("audio_channels", 2),
        seconds=config["sample_size"] / config["sample_rate"],
        tokens=config["sample_size"] / ratio / network.get("patch_size", 1),
        width=network.get("embed_dim", 768),
        decoder_width=_DECODER_WIDTH,
    )


def weights_file(directory: str | Path) -> Path:
    """The model's weights: the file of the usual name, or else the only .safetensors or .ckpt file; UserError without one."""
    directory = Path(directory)
    usual = [directory / name for name in WEIGHTS if (directory / name).is_file()]
    others = [path for suffix in ("*.safetensors", "*.ckpt") for path in sorted(directory.glob(suffix))]
    if not usual and len(others) != 1:
        raise UserError(
            f"{directory} holds neither {' nor '.join(WEIGHTS)}: expected the weights beside model_config.json."
        )
    return (usual or others)[0]


def check_weights(directory: Path) -> int:
    """Bytes of the weights; UserError where they are truncated, or a training checkpoint not unwrapped. Loads nothing."""
    file = weights_file(directory)
    weights.check(file)
    if any(name.startswith("diffusion.") for name in weights.names(file)):
        raise UserError(
            f"{file} is a training checkpoint, whose names begin with diffusion.: unwrap it first, with stable-audio-tools' "
            "unwrap_model.py."
        )
    width = read_config(directory)["model"]["diffusion"]["config"].get("embed_dim", 768)
    shapes = weights.shapes(file) if file.suffix == ".safetensors" else {}
    if (found := shapes.get("model.model.transformer.project_in.weight", (width,)))[0] != width:
        raise UserError(
            f"{file} does not fit {Path(directory) / 'model_config.json'} (its transformer is {found[0]} wide, there it is "
            f"{width}): take both from one place."
        )
    return file.stat().st_size


def text_encoder_of(config: Mapping[str, Any], given: str | Path | None) -> hub.Repository | Path | None:
    """The T5 that a configuration needs: as ``given``, or by the name that it has there; None where it needs none."""
    names = [
        c["config"].get("t5_model_name", "t5-base")
        for c in config["model"]["conditioning"]["configs"]
        if c["type"] == "t5"
    ]
    if not names:
        return None
    return hub.Repository(names[0]) if given is None else hub.parse(given) or found(given)


def text_encoder_directory(
    config: Mapping[str, Any], directory: str | Path, given: str | Path | None = None
) -> Path | None:
    """Where the T5 of a configuration lies: as ``given``, beside the model under its own name, or in the hub's cache."""
    encoder = text_encoder_of(config, given)
    if not isinstance(encoder, hub.Repository):
        return encoder
    beside = Path(directory) / encoder.name
    return beside if given is None and beside.is_dir() else hub.cached(encoder, hub.TEXT_ENCODER_FILES)


def _check_tokenizers(model: "ConditionedDiffusionModelWrapper", place: Path | None) -> None:
    """transformers puts an empty tokenizer in the place of one whose files are missing, without a word."""
    for conditioner in model.conditioner.conditioners.values():
        encoder = conditioner.__dict__.get("model")
        if encoder is None or not hasattr(conditioner, "tokenizer"):
            continue
        known, expected = len(conditioner.tokenizer), encoder.config.vocab_size
        if known < 0.9 * expected:
            raise UserError(
                f"{place}: the tokenizer has {known} tokens, the T5 {expected}: the tokenizer's files are missing or broken; "
                "fetch the text encoder again."
            )


def read_config(directory: str | Path) -> dict[str, Any]:
    """The model's configuration; UserError where it is missing or no such JSON."""
    path = Path(directory) / "model_config.json"
    config = documents.load_model_json(path, "models.diffusion to name a directory with it and model.safetensors")
    kind = config.get("model_type")
    if kind != "diffusion_cond":
        raise UserError(f"{path}: model_type is {kind!r}; expected diffusion_cond, a text-conditioned diffusion model.")
    try:
        asked = [conditioner["id"] for conditioner in config["model"]["conditioning"]["configs"]]
        network = config["model"]["diffusion"]
    except (KeyError, TypeError):
        raise UserError(f"{path} describes no conditioning: restore the file that came with the weights.") from None
    others = [name for name in asked if name not in GIVEN]
    if others or "prompt" not in asked:
        raise UserError(
            f"{path}: the model is conditioned on {', '.join(asked)}: expected a prompt, and no more than {', '.join(GIVEN)}."
        )
    for number, conditioner in enumerate(config["model"]["conditioning"]["configs"]):
        _require_kind("conditioner", conditioner, f"{path}, conditioner {number}")
    _require_kind("network", network, f"{path}, diffusion")
    objective = network.get("diffusion_objective", "v")
    if objective not in OBJECTIVES:
        raise UserError(f"{path}: the model's objective is {objective}: expected {', '.join(OBJECTIVES)}.")
    _check_pretransform(config["model"].get("pretransform"), str(path))
    if not all(isinstance(config.get(key), int) and config[key] > 0 for key in ("sample_size", "sample_rate")):
        raise UserError(f"{path}: sample_size and sample_rate must be whole numbers above 0: restore the file.")
    return config


def _check_pretransform(part: Any, place: str) -> None:
    """Raise UserError where a pretransform, or one inside it, has a part that may not be built."""
    if part is None:
        return
    _require_kind("pretransform", part, f"{place}, pretransform")
    if part["type"] != "autoencoder":
        return
    for kind in ("encoder", "decoder"):
        _require_kind(kind, part["config"].get(kind), f"{place}, {kind}")
    if part["config"].get("bottleneck") is not None:
        _require_kind("bottleneck", part["config"]["bottleneck"], f"{place}, bottleneck", empty=True)
    _check_pretransform(part["config"].get("pretransform"), f"{place}, pretransform")


def _require_kind(kind: str, part: Any, place: str, empty: bool = False) -> None:
    """Raise UserError where a part of a configuration is none, is of no known type, or names a checkpoint of its own."""
    whole = isinstance(part, dict) and isinstance(part.get("config", {} if empty else None), dict)
    if not whole or not isinstance(part.get("type"), str):
        raise UserError(f"{place} is no part with a type and a config: restore the file that came with the weights.")
    if part["type"] not in KINDS[kind]:
        raise UserError(
            f"{place}: the {kind} {part['type']!r} is none that is built here, for it is unknown or would load other files; "
            f"{suggest(part['type'], KINDS[kind])}: take another model."
        )
    if paths := [key for key in (*part, *part.get("config", {})) if str(key).endswith("ckpt_path")]:
        raise UserError(
            f"{place}: {paths[0]} names a checkpoint of its own: expected a model whose weights lie beside it."
        )
