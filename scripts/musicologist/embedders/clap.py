"""CLAP embeddings of audio and text (Wu et al. 2023), in batches and repeatable to the bit."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import clips
from musicologist.core.errors import UserError
from musicologist.core.files import found
from musicologist.embedders import clap_files, clap_laion
from musicologist.models import (
    compat,  # noqa: F401  (before what it repairs)
    hub,
    weights,
)

import torch  # isort: skip
from safetensors import SafetensorError  # isort: skip

if TYPE_CHECKING:
    from transformers import ClapFeatureExtractor


class LogMel:
    """The log-mel features of transformers' ClapFeatureExtractor (``rand_trunc``), for a batch at once, in torch."""

    def __init__(self, extractor: "ClapFeatureExtractor", device: str = "cpu") -> None:
        """Take window, hop and filters from the extractor."""
        self.size, self.hop = extractor.fft_window_size, extractor.hop_length
        self.window = torch.hann_window(self.size, device=device)
        self.filters = torch.from_numpy(extractor.mel_filters_slaney).float().to(device)

    def __call__(self, audio: torch.Tensor) -> torch.Tensor:
        """Features (batch, frames, mels) in dB of mono audio (batch, samples)."""
        spectrum = torch.stft(audio, self.size, self.hop, window=self.window, pad_mode="reflect", return_complex=True)
        power = spectrum.real**2 + spectrum.imag**2
        return 10 * torch.log10(torch.clamp(power.transpose(1, 2) @ self.filters, min=1e-10))


class Clap:
    """A loaded CLAP: 512-dimensional unit embeddings of mono audio at ``sample_rate`` over ``window`` samples, and of text."""

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
        self._model, self._load_tokenizer, self._device = model, tokenizer, device
        # RoBERTa counts positions from 2
        self._longest_text = longest_text or model.config.text_config.max_position_embeddings - 2
        self._quantise = quantise
        self._features = LogMel(extractor, device)
        self.sample_rate: int = extractor.sampling_rate
        self.window: int = extractor.nb_max_samples

    @torch.inference_mode()
    def embed_audio(self, clips: Sequence[np.ndarray], batch_size: int) -> np.ndarray:
        """Embeddings (clips, 512), float32, unit norm, of mono clips (samples,) at ``sample_rate``.

        A clip longer than the window is cut, a shorter one repeated whole and padded with zeros, as CLAP was trained. Each
        batch is filled up to ``batch_size``, so that every batch has one shape and a clip's bits do not depend on its batch.
        """
        embeddings = []
        for start in range(0, len(clips), batch_size):
            audio = [repeat_pad(clip[: self.window], self.window) for clip in clips[start : start + batch_size]]
            if self._quantise:
                audio = [np.trunc(np.clip(clip, -1, 1) * np.float32(32767)) / np.float32(32767) for clip in audio]
            filled = audio + [np.zeros(self.window, np.float32)] * (batch_size - len(audio))
            features = self._features(torch.from_numpy(np.stack(filled)).to(self._device))
            longer = torch.zeros(batch_size, 1, dtype=torch.bool, device=self._device)
            out = self._model.get_audio_features(input_features=features[:, None], is_longer=longer)
            embeddings.append(_unit(out)[: len(audio)])
        return np.concatenate(embeddings)

    @torch.inference_mode()
    def embed_text(self, texts: Sequence[str]) -> np.ndarray:
        """Embeddings (texts, 512), float32, unit norm."""
        options = {"padding": True, "truncation": True, "max_length": self._longest_text, "return_tensors": "pt"}
        tokens = self._tokenizer(list(texts), **options).to(self._device)
        names = ("input_ids", "attention_mask")
        return _unit(self._model.get_text_features(**{name: tokens[name] for name in names}))

    @cached_property
    def _tokenizer(self) -> Any:
        return self._load_tokenizer()


def _unit(out: Any) -> np.ndarray:
    """transformers 5 wraps the embedding, 4 returned it."""
    embedding = getattr(out, "pooler_output", out)
    return torch.nn.functional.normalize(embedding.float(), dim=-1).cpu().numpy()


def repeat_pad(audio: np.ndarray, samples: int) -> np.ndarray:
    """Mono audio of exactly ``samples`` samples: cut, or repeated as often as it fits whole, then zeros."""
    audio = np.tile(audio, max(1, samples // len(audio)))[:samples].astype(np.float32)
    return np.pad(audio, (0, samples - len(audio)))


def prepare(audio: np.ndarray, sample_rate: int, target_rate: int, place: str) -> np.ndarray:
    """Mono audio at ``target_rate`` of (channels, samples) at ``sample_rate``.

    Raises UserError, naming ``place``, where the audio is too short, not finite or silent.
    """
    mono = clips.mono(audio, sample_rate, place)
    if sample_rate != target_rate:
        from scipy.signal import resample_poly

        divisor = int(np.gcd(sample_rate, target_rate))
        mono = resample_poly(mono, target_rate // divisor, sample_rate // divisor).astype(np.float32)
    return mono


def load(model: str | Path, device: str = "cpu") -> Clap:
    """A CLAP in float32 on ``device``.

    ``model`` is a directory as transformers' ``save_pretrained`` writes it, a checkpoint of LAION's own package (.pt), or the
    Hugging Face id of either (``hub.parse``) that the cache has. The checkpoint's tokenizer is looked for only when a text is
    embedded.

    Raises UserError where a file is missing or broken, the weights do not fit, the tokenizer has no vocabulary, or the CLAP is
    a fused one.
    """
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    place, repository = found(model), hub.parse(model)
    if repository is not None:
        place = hub.cached(repository, clap_files.needed(repository)) / (repository.file or "")
    return _of_checkpoint(place, device) if place.is_file() else _of_directory(place, device)


def _of_checkpoint(path: Path, device: str) -> Clap:
    network = clap_laion.convert(path, weights.load(path)).float().eval().requires_grad_(False).to(device)

    def tokenizer() -> Any:
        from transformers import AutoTokenizer

        place = clap_laion.tokenizer_directory(path)
        return _checked(AutoTokenizer.from_pretrained(place), network.config, place)

    extractor = clap_laion.feature_extractor()
    return Clap(network, extractor, tokenizer, device, clap_laion.LONGEST_TEXT, quantise=True)


def _of_directory(directory: Path, device: str) -> Clap:
    from transformers import AutoTokenizer, ClapConfig, ClapFeatureExtractor, ClapModel

    clap_files.check(directory)
    try:
        config = ClapConfig.from_pretrained(directory)
        network, report = ClapModel.from_pretrained(
            directory, config=config, dtype=torch.float32, output_loading_info=True, local_files_only=True
        )
        extractor = ClapFeatureExtractor.from_pretrained(directory)
        tokenizer = AutoTokenizer.from_pretrained(directory)
    except (SafetensorError, UnpicklingError, EOFError, OSError, ValueError, RuntimeError, KeyError) as error:
        detail = " ".join(str(error).split())[:160]
        raise UserError(f"{directory} holds no readable CLAP ({detail}): fetch the model again.") from None
    misfits = sorted(map(str, [*report["missing_keys"], *report["mismatched_keys"]]))
    if misfits:
        raise UserError(
            f"{directory}: the weights do not fit config.json ({misfits[0]}, {len(misfits)} such): fetch the model again."
        )
    if (extractor.truncation, extractor.padding) != ("rand_trunc", "repeatpad"):
        raise UserError(
            f"{directory}: the feature extractor works with {extractor.truncation} and {extractor.padding}: expected an "
            "unfused CLAP (rand_trunc, repeatpad), for a fused one embeds a clip differently from batch to batch."
        )
    tokenizer = _checked(tokenizer, config, directory)
    return Clap(network.eval().requires_grad_(False).to(device), extractor, lambda: tokenizer, device)


def _checked(tokenizer: Any, config: Any, place: Path) -> Any:
    """transformers puts an empty tokenizer in the place of one whose files are missing, without a word."""
    words = config.text_config.vocab_size
    if len(tokenizer) < min(words, 1000) // 2:
        raise UserError(
            f"{place}: the tokenizer has {len(tokenizer)} tokens, far fewer than the model's {words}: fetch the model again."
        )
    return tokenizer
