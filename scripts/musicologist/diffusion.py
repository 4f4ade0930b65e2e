"""Diffusion models in stable-audio-tools' format: building and loading."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist import hub
from musicologist.errors import UserError

if TYPE_CHECKING:
    import torch
    from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper

OUR_PRETRANSFORM = "log_mel"
WEIGHTS = ("model.safetensors", "model.ckpt")


def build(config: Mapping[str, Any], directory: str | Path = ".") -> "ConditionedDiffusionModelWrapper":
    """A model of ``config`` (stable-audio-tools' ``model_config.json``) with fresh weights.

    Beyond what stable-audio-tools knows, the pretransform may be of type ``log_mel`` (``mel_latent``). The tokenizer of a
    ``lut`` conditioner is looked up in ``directory``.
    """
    from musicologist import compat  # noqa: F401  (before stable_audio_tools)

    from stable_audio_tools.models.factory import create_model_from_config  # isort: skip

    config = copy.deepcopy(dict(config))
    for conditioner in config["model"]["conditioning"]["configs"]:
        if conditioner["type"] == "lut":
            name = conditioner["config"]["tokenizer_name"]
            conditioner["config"]["tokenizer_name"] = str(Path(directory) / name)
    pretransform = config["model"].get("pretransform") or {}
    if pretransform.get("type") != OUR_PRETRANSFORM:
        return create_model_from_config(config)

    from musicologist.mel_latent import HOP, LogMelPretransform

    del config["model"]["pretransform"]
    model = create_model_from_config(config)
    model.pretransform = LogMelPretransform(config["sample_rate"], **pretransform["config"])
    model.min_input_length *= HOP
    return model


def load(directory: str | Path, device: str = "cpu") -> tuple["ConditionedDiffusionModelWrapper", dict[str, Any]]:
    """The model in ``directory`` (``model_config.json`` beside its weights) in float32 on ``device``, and its configuration.

    A Hugging Face id stands for the directory that it is fetched to.

    Raises UserError where a file is missing or broken, or the weights do not fit the configuration.
    """
    directory = hub.directory(directory, ["*.json", WEIGHTS[0]])
    config = read_config(directory)
    weights = next((directory / name for name in WEIGHTS if (directory / name).is_file()), None)
    if weights is None:
        raise UserError(
            f"{directory} holds neither {' nor '.join(WEIGHTS)}: expected the weights beside model_config.json."
        )
    state = _read_weights(weights)
    try:
        model = build(config, directory)
    except (AssertionError, KeyError, TypeError, ValueError, OSError) as error:
        raise UserError(
            f"{directory / 'model_config.json'} describes no model that stable-audio-tools can build ({error}): expected "
            "the file that came with the weights."
        ) from None
    try:
        model.load_state_dict({name: tensor.float() for name, tensor in state.items()}, strict=True)
    except RuntimeError as error:
        detail = " ".join(str(error).split())[:200]
        raise UserError(
            f"{weights} does not fit {directory / 'model_config.json'} ({detail}): take both from one place."
        ) from None
    return model.float().eval().requires_grad_(False).to(device), config


def read_config(directory: str | Path) -> dict[str, Any]:
    """The model's configuration; UserError where it is missing or no such JSON."""
    path = Path(directory) / "model_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist: models.diffusion names a directory with model_config.json and model.safetensors."
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not JSON ({error}): restore the file that came with the weights.") from None
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind != "diffusion_cond":
        raise UserError(f"{path}: model_type is {kind!r}; expected diffusion_cond, a text-conditioned diffusion model.")
    return config


def _read_weights(path: Path) -> dict[str, "torch.Tensor"]:
    import pickle

    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    except (SafetensorError, pickle.UnpicklingError, EOFError, KeyError, RuntimeError) as error:
        raise UserError(f"{path} is no readable weights file ({str(error)[:120]}): fetch it again.") from None
