"""CLAP embeddings of audio and text (Wu et al. 2023), in batches and repeatable to the bit."""

from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import numpy as np

from musicologist import (
    compat,  # noqa: F401  (before transformers)
    hub,
    shards,
)
from musicologist.errors import UserError

import torch  # isort: skip
from safetensors import SafetensorError  # isort: skip

if TYPE_CHECKING:
    from transformers import ClapFeatureExtractor

WEIGHTS = ("model.safetensors", "pytorch_model.bin")


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

    def __init__(self, model: Any, extractor: "ClapFeatureExtractor", tokenizer: Any, device: str) -> None:
        """Wrap transformers' ClapModel with its own feature extractor and tokenizer."""
        self._model, self._tokenizer, self._device = model, tokenizer, device
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
            audio = [repeat_pad(clip, self.window) for clip in clips[start : start + batch_size]]
            filled = audio + [np.zeros(self.window, np.float32)] * (batch_size - len(audio))
            features = self._features(torch.from_numpy(np.stack(filled)).to(self._device))
            longer = torch.zeros(batch_size, 1, dtype=torch.bool, device=self._device)
            out = self._model.get_audio_features(input_features=features[:, None], is_longer=longer)
            embeddings.append(_unit(out)[: len(audio)])
        return np.concatenate(embeddings)

    @torch.inference_mode()
    def embed_text(self, texts: Sequence[str]) -> np.ndarray:
        """Embeddings (texts, 512), float32, unit norm."""
        longest = self._model.config.text_config.max_position_embeddings - 2  # RoBERTa counts positions from 2
        tokens = self._tokenizer(list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt")
        tokens = tokens.to(self._device)
        names = ("input_ids", "attention_mask")
        return _unit(self._model.get_text_features(**{name: tokens[name] for name in names}))


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
    mono = shards.mono(audio, sample_rate, place)
    if sample_rate != target_rate:
        from scipy.signal import resample_poly

        divisor = int(np.gcd(sample_rate, target_rate))
        mono = resample_poly(mono, target_rate // divisor, sample_rate // divisor).astype(np.float32)
    return mono


def load(model: str | Path, device: str = "cpu") -> Clap:
    """The CLAP in a directory, as transformers' ``save_pretrained`` writes it, or of a hub id, in float32.

    Raises UserError where a file is missing or broken, the weights do not fit, the tokenizer has no vocabulary, or the
    features are others than ``rand_trunc`` and ``repeatpad``.
    """
    from transformers import AutoTokenizer, ClapConfig, ClapFeatureExtractor, ClapModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    directory = hub.directory(model, ["*.json", "*.txt", *WEIGHTS])
    _check_files(directory)
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
    if len(tokenizer) < min(config.text_config.vocab_size, 1000) // 2:
        raise UserError(
            f"{directory}: the tokenizer has {len(tokenizer)} tokens, far fewer than the model's "
            f"{config.text_config.vocab_size}: fetch the model again."
        )
    return Clap(network.eval().requires_grad_(False).to(device), extractor, tokenizer, device)


def _check_files(directory: Path) -> None:
    """transformers replaces some missing files by others without a word, and unpickling junk can raise anything."""
    for names in (
        ("config.json",),
        ("preprocessor_config.json", "processor_config.json"),
        WEIGHTS,
        ("tokenizer.json",),
    ):
        if not any((directory / name).is_file() for name in names):
            raise UserError(
                f"{directory} has no {' or '.join(names)}: expected a directory that ClapModel, its feature extractor and "
                "its tokenizer were saved to."
            )
    pickled = directory / WEIGHTS[1]
    if not (directory / WEIGHTS[0]).is_file() and not is_zipfile(pickled):
        raise UserError(f"{pickled} is truncated or no file that torch.save wrote: fetch the model again.")
