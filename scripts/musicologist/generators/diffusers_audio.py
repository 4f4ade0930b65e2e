"""Stable Audio 3 (base) and Stable Audio Open in diffusers' format: a folder for each part, safetensors only.

diffusers' modules are used, not its pipelines, which show no x0 estimate and share one stream of random numbers among clips.
Of ``model_index.json`` the names of the classes are read, and those alone that are listed here are built: no code that a model
brings is run, and nothing pickled is opened.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.core import documents
from musicologist.core.errors import UserError, suggest
from musicologist.generators.contract import Facts
from musicologist.models import hub, weights

if TYPE_CHECKING:
    from musicologist.generators.diffusers_denoisers import Denoiser

INDEX = "model_index.json"
KINDS: dict[str, dict[str, tuple[str, ...]]] = {
    "StableAudio3Pipeline": {
        "transformer": ("StableAudio3DiTModel",),
        "vae": ("AutoencoderSAME",),
        "duration_embedder": ("StableAudio3DurationEmbedder",),
        "text_encoder": ("T5GemmaEncoderModel",),
        "tokenizer": ("GemmaTokenizer", "GemmaTokenizerFast"),
        "scheduler": ("FlowMatchEulerDiscreteScheduler",),
    },
    "StableAudioPipeline": {
        "transformer": ("StableAudioDiTModel",),
        "vae": ("AutoencoderOobleck",),
        "projection_model": ("StableAudioProjectionModel",),
        "text_encoder": ("T5EncoderModel",),
        "tokenizer": ("T5Tokenizer", "T5TokenizerFast"),
        "scheduler": ("CosineDPMSolverMultistepScheduler", "EDMDPMSolverMultistepScheduler"),
    },
}
"""The classes that may stand for each part of a pipeline."""
LIBRARIES = ("diffusers", "transformers", "stable_audio", "stable_audio_3")
"""Where ``model_index.json`` may say that they are from; anything else is code that the model brings."""
WEIGHTS = "diffusion_pytorch_model.safetensors"
_LENGTH = ("duration_embedder", "projection_model")
CONFIGURATION: hub.Files = (
    (INDEX,),
    ("transformer/config.json",),
    ("vae/config.json",),
    tuple(f"{part}/config.json" for part in _LENGTH),
    ("text_encoder/config.json",),
    ("scheduler/scheduler_config.json",),
)
FILES: hub.Files = (
    *CONFIGURATION,
    (f"transformer/{WEIGHTS}",),
    (f"vae/{WEIGHTS}",),
    tuple(f"{part}/{WEIGHTS}" for part in _LENGTH),
    ("text_encoder/model.safetensors",),
    ("tokenizer/tokenizer.json",),
    ("tokenizer/tokenizer_config.json", ""),
    ("tokenizer/special_tokens_map.json", ""),
)
_LICENCE = (
    "the published weights of {} are under the Stability AI Community License: research and non-commercial use, commercial use "
    "below the yearly revenue that it names"
)
_NUMBERS = (
    "F64",
    "F32",
    "F16",
    "BF16",
    "I64",
    "I32",
    "BOOL",
)  # as safetensors names them; positions and masks are whole
_TOKENS = 4096  # far above what any of these models reads; a tokenizer that was told no number says 10^30
_LIVE = 24  # tensors of the decoder's width alive at once in its feed-forward layers, by count


def read_config(directory: str | Path) -> dict[str, Any]:
    """The configurations of a model's parts by name, and its ``kind``, a key of ``KINDS``.

    Raises UserError where a part is missing or not one that may be built, where widths do not fit each other, and for a model
    that was distilled to a few steps of its own sampler.
    """
    directory = Path(directory)
    place, index = directory / INDEX, _json(directory / INDEX)
    kind = index.get("_class_name")
    if kind not in KINDS:
        raise UserError(f"{place}: the pipeline {kind!r} is none that is read here: expected {' or '.join(KINDS)}.")
    # What is no list is a setting of the pipeline, and a list of nulls a part that it goes without.
    lists = {name: entry for name, entry in index.items() if not name.startswith("_") and isinstance(entry, list)}
    named = {name: entry for name, entry in lists.items() if set(entry) != {None}}
    if missing := sorted(set(KINDS[kind]) - set(named)):
        raise UserError(f"{place} names no {missing[0]}: restore the file that came with the weights.")
    for name, entry in named.items():
        allowed = KINDS[kind].get(name, ())
        library, one = entry if len(entry) == 2 else (None, None)
        if library not in LIBRARIES or one not in allowed:
            raise UserError(
                f"{place}: the {name} {one!r} of {library!r} is none that is built here, for it is unknown or would run code "
                f"that the model brings; {suggest(str(one), allowed)}: take another model."
            )
    parts = [name for name in KINDS[kind] if name not in ("tokenizer", "scheduler")]
    config: dict[str, Any] = {name: _json(directory / name / "config.json") for name in parts}
    config["scheduler"] = _json(directory / "scheduler/scheduler_config.json")
    for name, part in config.items():
        if found := {"auto_map", "quantization_config"} & set(part):
            raise UserError(
                f"{directory / name}: {found.pop()} is not read here: take a model that is saved without it."
            )
    if config["scheduler"].get("stochastic_sampling"):
        raise UserError(
            f"{directory} is a distilled model, which makes clips in eight steps of noise and estimate by turns, so that it "
            "has no way from noise to music: take the one whose name ends in -base."
        )
    if kind == "StableAudioPipeline" and config["scheduler"].get("prediction_type", "v_prediction") != "v_prediction":
        objective = config["scheduler"]["prediction_type"]
        raise UserError(f"{directory}: the model's objective is {objective}: expected v_prediction.")
    config |= {"kind": kind, "tokenizer": named["tokenizer"][1]}
    _check_widths(config, directory)
    return config


def _json(path: Path) -> dict[str, Any]:
    return documents.load_model_json(path, "a model in diffusers' format, with a folder a part")


def _check_widths(config: Mapping[str, Any], directory: Path) -> None:
    """Raise UserError where one part's numbers are not as wide as what the next one takes, or a number is missing."""
    try:
        network, vae, text = config["transformer"], config["vae"], config["text_encoder"]
        if config["kind"] == "StableAudio3Pipeline":
            words = text["encoder"]["hidden_size"]
            pairs = {
                "the latents": (vae["latent_dim"], network["io_channels"]),
                "the prompt": (words, network["cond_token_dim"]),
                "the duration": (config["duration_embedder"]["output_dim"], network["global_cond_dim"]),
                "the duration among the words": (config["duration_embedder"]["output_dim"], words),
                "a patch": (1, network["patch_size"]),
            }
        else:
            told = config["projection_model"]["conditioning_dim"]
            pairs = {
                "the latents": (vae["decoder_input_channels"], network["in_channels"]),
                "the prompt": (text["d_model"], config["projection_model"]["text_encoder_dim"]),
                "the conditions": (told, network["cross_attention_input_dim"]),
                "the durations": (2 * told, network["global_states_input_dim"]),
            }
        facts(config, 1.0, str(directory))
    except (KeyError, TypeError, AttributeError, ValueError, ZeroDivisionError) as error:
        raise UserError(f"{directory}: a configuration is not whole ({error}): fetch the model again.") from None
    for what, (one, other) in pairs.items():
        if one != other:
            raise UserError(
                f"{directory}: {what} has {one} numbers where the transformer takes {other}: take all parts from one place."
            )


def facts(config: Mapping[str, Any], seconds_total: float, model: str) -> Facts:
    """What the configurations tell; UserError for clips longer than the model was made for."""
    network, vae = config["transformer"], config["vae"]
    if config["kind"] == "StableAudio3Pipeline":
        longest, name = config["duration_embedder"]["max_val"], "Stable Audio 3"
        ratio = vae["patch_size"] * math.prod(vae["encoder_strides"])
        frames = math.ceil(seconds_total * vae["sampling_rate"] / ratio)
        tokens, width = frames + network["num_memory_tokens"], network["embed_dim"]
        decoder = _LIVE * vae["encoder_channels"] * vae["encoder_c_mults"][0] / vae["patch_size"]
    else:
        longest, name = config["projection_model"]["max_value"], "Stable Audio Open"
        ratio, frames = math.prod(vae["downsampling_ratios"]), network["sample_size"]
        tokens, width = frames + 1, network["num_attention_heads"] * network["attention_head_dim"]
        decoder = 4 * vae["decoder_channels"]
    if seconds_total > longest:
        raise UserError(
            f"trajectory.seconds_total is {seconds_total}, and {model} knows lengths up to {longest:g} s: lower it."
        )
    seconds = frames * ratio / vae["sampling_rate"]
    licence = _LICENCE.format(name)
    return Facts(vae["sampling_rate"], vae["audio_channels"], seconds, tokens, width, decoder, licence)


def check_weights(directory: Path) -> int:
    """Bytes of all parts' weights; UserError where a file is missing, truncated or of another model. Loads nothing."""
    config, total = read_config(directory), 0
    for name in KINDS[config["kind"]]:
        if name == "scheduler":
            continue
        file = (
            directory / name / {"tokenizer": "tokenizer.json", "text_encoder": "model.safetensors"}.get(name, WEIGHTS)
        )
        if not file.is_file():
            raise UserError(
                f"{file} does not exist: expected this file of each part; others are not read, so save one that is in several "
                "files, or has another name, anew: save_pretrained of that part with a max_shard_size above its own."
            )
        if name != "tokenizer":
            weights.check(file)
            _check_numbers(file)
            total += file.stat().st_size
    if config["kind"] == "StableAudioPipeline":
        _check_tokens(directory / "tokenizer/tokenizer_config.json")
    network, file = config["transformer"], directory / "transformer" / WEIGHTS
    expected = facts(config, 1.0, str(directory)).width, network.get("io_channels") or network["in_channels"]
    shapes = weights.shapes(file)
    blocks = len({name.split(".")[1] for name in shapes if name.startswith("transformer_blocks.")})
    depth = network.get("depth", network.get("num_layers", blocks))
    for what, mine, wanted in (
        ("proj_in.weight is", shapes.get("proj_in.weight"), expected),
        ("its transformer blocks are", blocks, depth),
    ):
        if mine != wanted:
            raise UserError(
                f"{file} does not fit the config.json beside it ({what} {mine}, expected {wanted}): take both from one place."
            )
    return total


def _check_tokens(file: Path) -> None:
    """Raise UserError where a tokenizer does not say to how many tokens it fills a prompt up: the transformer sees all."""
    told = _json(file).get("model_max_length")
    if not isinstance(told, int) or not 0 < told <= _TOKENS:
        raise UserError(
            f"{file}: model_max_length is {told}: expected the number of tokens that the model was trained to read; restore "
            "the file that came with the weights."
        )


def _check_numbers(file: Path) -> None:
    """Raise UserError where weights are held in fewer than 16 bits: without the scales that go with them they mean nothing."""
    from safetensors import safe_open

    with safe_open(file, "numpy") as opened:
        kinds = {opened.get_slice(name).get_dtype() for name in opened.keys()}  # noqa: SIM118 (it is no mapping)
    if odd := sorted(kinds - set(_NUMBERS)):
        raise UserError(
            f"{file} is quantised ({', '.join(odd)}): expected floats of 16 bits or more, as weights are published; take those."
        )


def text_encoder_of(config: Mapping[str, Any], given: str | Path | None) -> None:
    """None: these models bring their text encoder. Raises UserError where one is ``given``."""
    if given is not None:
        raise UserError(
            f"models.text_encoder is {given}, and a model in diffusers' format brings its own: leave the key out."
        )


def load(model: str | Path, device: str = "cpu", text_encoder: str | Path | None = None) -> "Denoiser":
    """The generator in a directory, or of a Hugging Face id (``hub.parse``) that the cache has, in float32 on ``device``.

    Raises UserError as ``read_config`` and ``check_weights``, and where weights do not fit their configuration.
    """
    directory = hub.directory(model, FILES)
    config = read_config(directory)
    check_weights(directory)
    text_encoder_of(config, text_encoder)

    from musicologist.generators import diffusers_denoisers

    return diffusers_denoisers.load(directory, config, device)
