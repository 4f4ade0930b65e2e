"""diffusers' modules of Stable Audio 3 and of Stable Audio Open as generators.

What they are told, and what without a prompt, is as in diffusers' pipelines: Stable Audio 3 reads an empty prompt, Stable Audio
Open zeros.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from musicologist.core.errors import UserError
from musicologist.generators import compiling, velocities
from musicologist.generators.contract import Estimates, Guidance
from musicologist.models import weights
from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)

import torch  # isort: skip
import diffusers  # isort: skip
import transformers  # isort: skip
from diffusers.models.embeddings import get_1d_rotary_pos_embed  # isort: skip
from diffusers.pipelines.stable_audio_3 import StableAudio3DurationEmbedder  # isort: skip


class Told(NamedTuple):
    """What the transformer is told of clips with their prompts, and of those followed by the same clips without."""

    prompted: dict[str, Any]
    both: dict[str, Any]


class Denoiser:
    """What both kinds share: one pass with the prompt and, where guided, without it."""

    reading = staticmethod(velocities.of_flow)
    ends: tuple[str, ...] = ()

    def __init__(self, directory: Path, config: Mapping[str, Any], device: str) -> None:
        """Load the parts that both kinds have."""
        self.device = device
        self.sample_rate: int = config["vae"]["sampling_rate"]
        self.vae = _loaded(getattr(diffusers, _VAES[config["kind"]]), directory / "vae", config["vae"], device)
        network = getattr(diffusers, _TRANSFORMERS[config["kind"]])
        self.transformer = _loaded(network, directory / "transformer", config["transformer"], device)
        encoder = getattr(transformers, _ENCODERS[config["kind"]])
        self.text_encoder = _loaded(encoder, directory / "text_encoder", config["text_encoder"], device)
        self.tokenizer = _tokenizer(config["tokenizer"], directory / "tokenizer", self.text_encoder)

    def denoise(self, x: torch.Tensor, sigma: torch.Tensor, condition: Told, guidance: Guidance) -> Estimates:
        """As ``contract.Generator``."""
        reading = self.reading(sigma)
        state, time = x * reading.of_input, reading.time
        if guidance.scale == 1 or not guidance.sigma_min <= float(sigma[0]) <= guidance.sigma_max:
            prompted = reading.estimate(self._answer(state, time, condition.prompted), x)
            return Estimates(prompted, prompted, None)
        both = self._answer(torch.cat([state, state]), torch.cat([time, time]), condition.both)
        told, free = both.chunk(2)
        followed = velocities.guided(told, free, guidance)
        return Estimates(*(reading.estimate(answer, x) for answer in (followed, told, free)))

    def _answer(self, state: torch.Tensor, time: torch.Tensor, told: Mapping[str, Any]) -> torch.Tensor:
        return self.transformer(state, time, **told, return_dict=False)[0]

    def _read(self, texts: Sequence[str], longest: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The text encoder's numbers (texts, tokens, width), and which of the tokens are words (texts, tokens)."""
        read = self.tokenizer(
            list(texts), padding="max_length", max_length=longest, truncation=True, return_tensors="pt"
        )
        tokens, words = read.input_ids.to(self.device), read.attention_mask.to(self.device)
        return self.text_encoder(tokens, attention_mask=words)[0], words

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Audio as the autoencoder gives it."""
        return self.vae.decode(latents.to(self.vae.dtype)).sample

    def halve(self, dtype: torch.dtype) -> None:
        """Decode in this type; keep the embedding of the noise level and the last projections in float32."""
        self.vae.to(dtype)
        velocities.keep_exact(getattr(self.transformer, name) for name in self.ends)

    def compile(self) -> None:
        """Compile the autoencoder's decoder."""
        self.vae.decoder = compiling.Compiled(self.vae.decoder)


class StableAudio3(Denoiser):
    """A rectified flow whose clips are as long as it is told."""

    ends = ("timestep_features", "to_timestep_embed", "proj_out", "postprocess_conv")

    def __init__(self, directory: Path, config: Mapping[str, Any], device: str) -> None:
        """Load all parts."""
        super().__init__(directory, config, device)
        place = directory / "duration_embedder"
        self.duration_embedder = _loaded(StableAudio3DurationEmbedder, place, config["duration_embedder"], device)
        self.downsampling: int = self.vae.downsampling_ratio
        vae = config["vae"]
        depth = sum(vae["encoder_transformer_depths"]) * len(vae["encoder_strides"])
        self.margin: int = vae["sliding_window"] * depth  # of the decoder's layers each sees so many frames further

    def shape(self, seconds_total: float) -> tuple[int, int]:
        """As many frames as the clip needs."""
        frames = math.ceil(seconds_total * self.sample_rate / self.downsampling)
        return self.transformer.config.io_channels, frames

    def condition(self, prompts: Sequence[str], seconds_total: float) -> Told:
        """The prompt's and the empty prompt's numbers, each followed by the duration's, and the duration's for all layers."""
        clips = len(prompts)
        duration = self.duration_embedder(torch.full((clips + 1,), float(seconds_total), device=self.device))
        numbers, words = self._read([*prompts, ""], min(self.tokenizer.model_max_length, 256))
        context = torch.cat([numbers, duration[:, None].to(numbers.dtype)], dim=1)
        mask = torch.cat([words, words.new_ones(clips + 1, 1)], dim=1)
        order = torch.tensor([*range(clips), *[clips] * clips], device=self.device)

        def told(rows: torch.Tensor) -> dict[str, Any]:
            named = {"encoder_hidden_states": context, "encoder_attention_mask": mask, "global_hidden_states": duration}
            return {name: numbers[rows] for name, numbers in named.items()}

        return Told(told(order[:clips]), told(order))


class StableAudioOpen(Denoiser):
    """A v-objective model; all its clips are equally long."""

    reading = staticmethod(velocities.of_v)
    ends = ("time_proj", "timestep_proj", "proj_out", "postprocess_conv")
    margin = 16

    def __init__(self, directory: Path, config: Mapping[str, Any], device: str) -> None:
        """Load all parts."""
        super().__init__(directory, config, device)
        place = directory / "projection_model"
        self.projection = _loaded(diffusers.StableAudioProjectionModel, place, config["projection_model"], device)
        self.downsampling: int = self.vae.hop_length

    def shape(self, seconds_total: float) -> tuple[int, int]:
        """Those of the longest clip, as the model was trained."""
        return self.transformer.config.in_channels, self.transformer.config.sample_size

    def condition(self, prompts: Sequence[str], seconds_total: float) -> Told:
        """The prompt's numbers, its padding as zeros, and those of start and end; the network is told both lengths twice."""
        numbers, words = self._read(prompts, self.tokenizer.model_max_length)
        ends = torch.tensor([[0.0, float(seconds_total)]] * len(prompts), device=self.device)
        found = self.projection(text_hidden_states=numbers, start_seconds=ends[:, 0], end_seconds=ends[:, 1])
        start, end = found.seconds_start_hidden_states, found.seconds_end_hidden_states
        text = found.text_hidden_states * words[..., None].to(numbers.dtype)
        context, lengths = torch.cat([text, start, end], dim=1), torch.cat([start, end], dim=2)
        size, frames = self.transformer.config.attention_head_dim // 2, self.transformer.config.sample_size
        turns = get_1d_rotary_pos_embed(size, frames + 1, use_real=True, repeat_interleave_real=False)
        common = {"rotary_embedding": tuple(turn.to(self.device) for turn in turns)}
        alone = {"encoder_hidden_states": context, "global_hidden_states": lengths}
        free = torch.cat([context, torch.zeros_like(context)])
        return Told(
            common | alone,
            common | {"encoder_hidden_states": free, "global_hidden_states": torch.cat([lengths, lengths])},
        )


_DENOISERS = {"StableAudio3Pipeline": StableAudio3, "StableAudioPipeline": StableAudioOpen}
_VAES = {"StableAudio3Pipeline": "AutoencoderSAME", "StableAudioPipeline": "AutoencoderOobleck"}
_TRANSFORMERS = {"StableAudio3Pipeline": "StableAudio3DiTModel", "StableAudioPipeline": "StableAudioDiTModel"}
_ENCODERS = {"StableAudio3Pipeline": "T5GemmaEncoderModel", "StableAudioPipeline": "T5EncoderModel"}


@torch.no_grad()
def load(directory: Path, config: Mapping[str, Any], device: str) -> Denoiser:
    """The generator whose parts lie in ``directory``; UserError where weights do not fit their configuration."""
    return _DENOISERS[config["kind"]](directory, config, device)


def _loaded(kind: Any, place: Path, config: Mapping[str, Any], device: str) -> Any:
    """A part in float32: built from its configuration, its safetensors read without anything else that lies beside them."""
    (file,) = (
        path for name in ("diffusion_pytorch_model", "model") if (path := place / f"{name}.safetensors").exists()
    )
    state = {name: tensor.float() for name, tensor in weights.load(file).items()}
    try:
        if issubclass(kind, transformers.PreTrainedModel):
            part = kind(kind.config_class.from_dict(dict(config)))
            part.tie_weights()
        else:
            part = kind.from_config(dict(config))
        lacking, unknown = part.load_state_dict(state, strict=False)
        given = {id(tensor) for name, tensor in part.named_parameters(remove_duplicate=False) if name in state}
        named = dict(part.named_parameters(remove_duplicate=False))
        lacking = [name for name in lacking if name not in named or id(named[name]) not in given]
        if lacking or unknown:
            raise ValueError(f"{len(lacking)} tensors are missing, {len(unknown)} unknown: {[*lacking, *unknown][0]}")
    except Exception as error:  # whatever the library does with a configuration or weights that it does not know
        detail = " ".join(str(error).split())[:200]
        raise UserError(
            f"{file} does not fit the config.json beside it ({detail}): take both from one place."
        ) from None
    return part.float().eval().requires_grad_(False).to(device)


def _tokenizer(name: str, place: Path, encoder: Any) -> Any:
    """The tokenizer; transformers puts an empty one in the place of one whose files are missing, without a word."""
    try:
        found = getattr(transformers, name).from_pretrained(place, local_files_only=True)
    except Exception as error:
        raise UserError(f"{place} is no readable tokenizer ({str(error)[:120]}): fetch the model again.") from None
    expected = encoder.get_input_embeddings().num_embeddings
    if len(found) < 0.9 * expected:
        raise UserError(
            f"{place}: the tokenizer has {len(found)} tokens, the text encoder {expected}: its files are missing or broken; "
            "fetch the model again."
        )
    return found
