"""CLAP embeddings of audio and text (Wu et al. 2023), in batches and repeatable to the bit."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import documents
from musicologist.core.errors import UserError
from musicologist.embedders import window_attention
from musicologist.models import hub, lean_imports, weights

if TYPE_CHECKING:
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

LICENCE = "the checkpoint's own"
READS_TEXT, ON_SPHERE = True, True
SIZE = 512
"""Numbers in an embedding."""

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
FILES: hub.Files = (
    ("config.json",),
    ("preprocessor_config.json", "processor_config.json"),
    WEIGHTS,
    ("tokenizer.json",),
    ("tokenizer_config.json", ""),
)


class LogMel:
    """The log-mel features of transformers' ClapFeatureExtractor (``rand_trunc``), for a batch at once, in torch."""

    def __init__(self, extractor: "ClapFeatureExtractor", device: str = "cpu") -> None:
        """Take window, hop and filters from the extractor."""
        import torch

        self.size, self.hop = extractor.fft_window_size, extractor.hop_length
        self.window = torch.hann_window(self.size, device=device)
        self.filters = torch.from_numpy(extractor.mel_filters_slaney).float().to(device)

    def __call__(self, audio: "torch.Tensor") -> "torch.Tensor":
        """Features (batch, frames, mels) in dB of mono audio (batch, samples)."""
        import torch

        with torch.autocast(audio.device.type, enabled=False):  # powers need all bits
            spectrum = torch.stft(
                audio, self.size, self.hop, window=self.window, pad_mode="reflect", return_complex=True
            )
            power = spectrum.real**2 + spectrum.imag**2
            return 10 * torch.log10(torch.clamp(power.transpose(1, 2) @ self.filters, min=1e-10))


class Clap:
    """A loaded CLAP: unit embeddings of mono audio at ``sample_rate`` over ``window`` samples, and of text."""

    def __init__(
        self,
        model: Any,
        extractor: "ClapFeatureExtractor",
        tokenizer: Callable[[], Any],
        device: str,
        longest_text: int | None = None,
        quantise: bool = False,
    ) -> None:
        """Wrap transformers' ClapModel with its feature extractor and a function that loads its tokenizer.

        Texts are cut at ``longest_text`` tokens, or where the model's positions end; ``quantise`` rounds audio to 16 bits
        first.
        """
        window_attention.fuse(model)
        self._model, self._load_tokenizer, self._device = model, tokenizer, device
        # RoBERTa counts positions from 2
        self._longest_text = longest_text or model.config.text_config.max_position_embeddings - 2
        self._quantise = quantise
        self._features = LogMel(extractor, device)
        self.sample_rate: int = extractor.sampling_rate
        self.window: int = extractor.nb_max_samples
        self.size: int = model.config.projection_dim

    def embed_audio(self, clips: Sequence[np.ndarray], batch_size: int) -> np.ndarray:
        """Embeddings (clips, size), float32, unit norm, of mono clips (samples,) at ``sample_rate``.

        A clip longer than the window is cut, a shorter one repeated whole and padded with zeros, as CLAP was trained. Each
        batch is filled up to ``batch_size``, so that every batch has one shape and a clip's bits do not depend on its batch.
        """
        import torch

        embeddings = []
        for start in range(0, len(clips), batch_size):
            audio = clips[start : start + batch_size]
            filled = np.zeros((batch_size, self.window), np.float32)
            for row, clip in zip(filled, audio, strict=False):
                row[:] = repeat_pad(clip[: self.window], self.window)
            if self._quantise:
                filled = np.trunc(np.clip(filled, -1, 1) * np.float32(32767)) / np.float32(32767)
            with torch.inference_mode():
                features = self._features(torch.from_numpy(filled).to(self._device))
                del filled
                longer = torch.zeros(batch_size, 1, dtype=torch.bool, device=self._device)
                out = self._model.get_audio_features(input_features=features[:, None], is_longer=longer)
                embeddings.append(_unit(out)[: len(audio)])
        return np.concatenate(embeddings)

    def embed_text(self, texts: Sequence[str]) -> np.ndarray:
        """Embeddings (texts, size), float32, unit norm."""
        import torch

        options = {"padding": True, "truncation": True, "max_length": self._longest_text, "return_tensors": "pt"}
        tokens = self._tokenizer(list(texts), **options).to(self._device)
        names = ("input_ids", "attention_mask")
        with torch.inference_mode():
            return _unit(self._model.get_text_features(**{name: tokens[name] for name in names}))

    @cached_property
    def _tokenizer(self) -> Any:
        return self._load_tokenizer()


def _unit(out: Any) -> np.ndarray:
    """transformers 5 wraps the embedding, 4 returned it."""
    import torch

    embedding = getattr(out, "pooler_output", out)
    return torch.nn.functional.normalize(embedding.float(), dim=-1).cpu().numpy()


def repeat_pad(audio: np.ndarray, samples: int) -> np.ndarray:
    """Mono audio of exactly ``samples`` samples: cut, or repeated as often as it fits whole, then zeros."""
    audio = np.tile(audio, max(1, samples // len(audio)))[:samples].astype(np.float32)
    return np.pad(audio, (0, samples - len(audio)))


def needed(repository: hub.Repository) -> hub.Files:
    """The files of a hub repository that are wanted."""
    return FILES


def check(place: Path) -> None:
    """Raise UserError where a directory lacks a file or has truncated weights.

    transformers replaces some missing files by others without a word, and unpickling junk can raise anything.
    """
    if not place.is_dir():
        raise UserError(
            f"{place} is no directory: expected one that ClapModel was saved to, or a checkpoint named .pt."
        )
    for group in FILES:
        if not any(name == "" or (place / name).is_file() for name in group):
            raise UserError(
                f"{place} has no {' or '.join(group)}: expected a directory that ClapModel, its feature extractor and its "
                "tokenizer were saved to."
            )
    weights.check(next(place / name for name in WEIGHTS if (place / name).is_file()))
    try:
        width = documents.from_json((place / "config.json").read_text(encoding="utf-8"))["projection_dim"]
    except (ValueError, LookupError, TypeError) as error:
        raise UserError(
            f"{place}/config.json is no configuration of a CLAP ({error}): fetch the model again."
        ) from None
    if width != SIZE:
        raise UserError(f"{place}/config.json: projection_dim is {width}: expected a CLAP of {SIZE} dimensions.")


def quiet() -> None:
    """Keep transformers' bars and advice out of the logs."""
    lean_imports.transformers()
    lean_imports.signal()
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def load(model: str | Path, device: str = "cpu") -> Clap:
    """A CLAP in float32 on ``device``.

    ``model`` is a directory as transformers' ``save_pretrained`` writes it, or the Hugging Face id of one that the cache has.

    Raises UserError where a file is missing or broken, the weights do not fit, the tokenizer has no vocabulary, or the CLAP is
    a fused one.
    """
    quiet()
    from safetensors import SafetensorError
    from transformers import AutoTokenizer, ClapConfig, ClapFeatureExtractor

    directory = hub.directory(model, FILES)
    check(directory)
    file = next(directory / name for name in WEIGHTS if (directory / name).is_file())
    try:
        config = ClapConfig.from_pretrained(directory)
        network, misfits, _ = fitted(config, weights.load(file))
        extractor = ClapFeatureExtractor.from_pretrained(directory)
        tokenizer = AutoTokenizer.from_pretrained(directory)
    except (SafetensorError, UnpicklingError, EOFError, OSError, ValueError, RuntimeError, KeyError) as error:
        detail = " ".join(str(error).split())[:160]
        raise UserError(f"{directory} holds no readable CLAP ({detail}): fetch the model again.") from None
    if misfits:
        raise UserError(
            f"{directory}: the weights do not fit config.json ({misfits[0]}, {len(misfits)} such): fetch the model again."
        )
    if (extractor.truncation, extractor.padding) != ("rand_trunc", "repeatpad"):
        raise UserError(
            f"{directory}: the feature extractor works with {extractor.truncation} and {extractor.padding}: expected an "
            "unfused CLAP (rand_trunc, repeatpad), for a fused one embeds a clip differently from batch to batch."
        )
    tokenizer = checked(tokenizer, config, directory)
    return Clap(network.eval().requires_grad_(False).to(device), extractor, lambda: tokenizer, device)


def fitted(config: "ClapConfig", state: Mapping[str, "torch.Tensor"]) -> tuple["ClapModel", list[str], list[str]]:
    """A ClapModel in float32 with these weights; the names of its own that are missing or of another shape, and those unknown.

    transformers' ``from_pretrained`` would build it on torch's meta device first, which imports torch's compiler.
    """
    from transformers import ClapModel
    from transformers.initialization import no_init_weights

    with no_init_weights():
        network = ClapModel(config)
    mine = network.state_dict()
    same = {name for name, tensor in state.items() if name in mine and tensor.shape == mine[name].shape}
    network.load_state_dict({name: state[name].to(mine[name].dtype) for name in same}, strict=False, assign=True)
    return network, sorted(mine.keys() - same), sorted(state.keys() - mine.keys())


def checked(tokenizer: Any, config: Any, place: Path) -> Any:
    """The tokenizer; UserError where it is the empty one that transformers puts in the place of one whose files are missing."""
    words = config.text_config.vocab_size
    if len(tokenizer) < min(words, 1000) // 2:
        raise UserError(
            f"{place}: the tokenizer has {len(tokenizer)} tokens, far fewer than the model's {words}: fetch the model again."
        )
    return tokenizer
