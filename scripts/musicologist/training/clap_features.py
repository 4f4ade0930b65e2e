"""What the small bundled CLAP hears while it is trained: log-mel features of clips, round-tripped, filtered, noisy, masked."""

import math
import sys
from collections.abc import Sequence

import numpy as np

from musicologist.core import shards
from musicologist.generators.log_mel_latent import LogMelPretransform
from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)
from musicologist.notes.synthesizer import SAMPLE_RATE, SECONDS
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

from transformers import ClapFeatureExtractor  # isort: skip
import torch  # isort: skip
from torch.nn import functional as F  # isort: skip

ATTRIBUTES = (*FAMILIES, "drums", *SOURCES, *QUALITIES)
ROUND_TRIPS = 0.35
"""Share of the clips that the network also hears through the diffusion model's latent, as it will hear generated audio."""


def feature_extractor() -> ClapFeatureExtractor:
    """LAION CLAP's features at 16 kHz over 4 s: 64 mel bands every 256 samples, repeat-padded."""
    return ClapFeatureExtractor(
        feature_size=64,
        sampling_rate=SAMPLE_RATE,
        hop_length=256,
        max_length_s=int(SECONDS),
        fft_window_size=1024,
        frequency_min=50,
        frequency_max=8000,
        truncation="rand_trunc",
        padding="repeatpad",
    )


def read_features(paths: Sequence[str], seed: int) -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray]:
    """Log-mel features (clips, frames, 64) in float16, round-tripped copies, captions, and attributes (clips, ATTRIBUTES).

    The copies (a share ROUND_TRIPS of the clips; the row of the clip stands in the first column of the attributes' index)
    went through the log-mel latent, half of them blurred or with noise added there, as along a trajectory.
    """
    from musicologist.embedders.clap import LogMel

    features = LogMel(feature_extractor())
    latent = LogMelPretransform(SAMPLE_RATE, mean=-5.25, spread=1.72, iterations=4)
    generator = np.random.default_rng([seed, 1])
    plain: list[np.ndarray] = []
    copies: list[np.ndarray] = []
    batch: list[np.ndarray] = []
    origin: list[int] = []
    captions: list[str] = []
    attributes: list[list[bool]] = []

    def flush() -> None:
        audio = torch.from_numpy(np.stack(batch))
        plain.append(features(audio).half().numpy())
        chosen = np.flatnonzero(generator.random(len(batch)) < ROUND_TRIPS)
        if len(chosen):
            origin.extend(len(captions) - len(batch) + chosen)
            state = _as_on_a_trajectory(latent.encode(audio[chosen][:, None]), generator)
            decoded = latent.decode(state)[:, 0].clamp(-1, 1)
            copies.append(features(decoded).half().numpy())
        batch.clear()

    for path in paths:
        for clip in shards.read(path):
            batch.append(clip.mono())
            captions.append(clip.record["caption"])
            present = {*clip.record["families"], *clip.record["sources"], *clip.record["qualities"]}
            present |= {"drums"} if clip.record["drums"] else set()
            attributes.append([name in present for name in ATTRIBUTES])
            if len(batch) == 64:
                flush()
        print(f"features of {len(captions)} clips", file=sys.stderr, flush=True)
    if batch:
        flush()
    rows = np.concatenate([np.arange(len(captions)), np.array(origin, dtype=int)])
    return np.concatenate(plain + copies), rows, captions, np.array(attributes, dtype=np.float32)


def _as_on_a_trajectory(latents: torch.Tensor, generator: np.random.Generator) -> torch.Tensor:
    """Latents as they are, blurred over time and mel like an average over possibilities, or noisy: a third each."""
    for index in range(len(latents)):
        kind = generator.integers(3)
        if kind == 1:
            frames, bands = int(generator.integers(1, 12)) * 2 + 1, int(generator.integers(0, 3)) * 2 + 1
            padded = F.pad(latents[index][None], (frames // 2, frames // 2, bands // 2, bands // 2), mode="replicate")
            latents[index] = F.avg_pool2d(padded, (bands, frames), stride=1)[0]
        elif kind == 2:
            sigma = float(np.exp(generator.uniform(math.log(0.05), math.log(1.5))))
            noise = torch.from_numpy(generator.standard_normal(latents[index].shape)).float()
            latents[index] = (latents[index] + sigma * noise) / math.sqrt(1 + sigma**2)
    return latents


def colour(features: torch.Tensor, share: float, generator: np.random.Generator) -> torch.Tensor:
    """Log-mel features (batch, frames, bands) in dB, a ``share`` of the clips through a smooth random filter of about 5 dB.

    Another sound font's samples of an instrument differ by such a filter. It has neither gain nor tilt over the bands: a tilt
    would make a clip bright or dark.
    """
    batch, _, bands = features.shape
    place = np.linspace(-1, 1, bands)
    knots = generator.normal(0, 5, (batch, 8))
    curve = np.stack([np.interp(place, np.linspace(-1, 1, knots.shape[1]), row) for row in knots])
    curve -= curve.mean(1, keepdims=True)
    curve -= np.outer(curve @ place / (place @ place), place)
    curve *= generator.random((batch, 1)) < share
    return features + torch.from_numpy(curve[:, None]).float()


def warp(features: torch.Tensor, share: float, generator: np.random.Generator) -> torch.Tensor:
    """Log-mel features (batch, frames, bands), a ``share`` of the clips with their spectrum stretched by up to 8 %.

    Vocal tract length perturbation (Jaitly and Hinton 2013): formants and body resonances move, as from one instrument to
    another of its kind.
    """
    batch, _, bands = features.shape
    factor = np.where(generator.random(batch) < share, generator.uniform(0.92, 1.08, batch), 1.0)
    place = np.clip(np.arange(bands)[None] * factor[:, None], 0, bands - 1)
    below = np.minimum(place.astype(int), bands - 2)
    part = torch.from_numpy(place - below)[:, None].to(features.dtype)
    index = torch.from_numpy(below)[:, None].expand_as(features)
    return features.gather(2, index) * (1 - part) + features.gather(2, index + 1) * part


def augment(features: torch.Tensor, generator: np.random.Generator, filtered: float = 0.0) -> torch.Tensor:
    """Log-mel features (batch, frames, 64) in dB with another gain, a noise floor and masks.

    A share ``filtered`` is heard as from another sound font, ``warp`` and ``colour`` apart.
    """
    batch, frames, bands = features.shape
    if filtered:
        features = colour(warp(features, filtered, generator), filtered, generator)
    gain = torch.from_numpy(generator.normal(0, 4, (batch, 1, 1))).float()
    features = features + gain
    floor = torch.from_numpy(generator.uniform(-75, -20, (batch, 1, 1))).float()
    noisy = 10 * torch.log10(10 ** (features / 10) + 10 ** ((floor + 3 * torch.randn(features.shape)) / 10))
    features = torch.where(torch.from_numpy(generator.random((batch, 1, 1)) < 0.5), noisy, features)
    for index in range(batch):
        if generator.random() < 0.4:
            width = int(generator.integers(4, 60))
            start = int(generator.integers(0, frames - width))
            features[index, start : start + width] = -60.0
        if generator.random() < 0.3:
            width = int(generator.integers(1, 10))
            start = int(generator.integers(0, bands - width))
            features[index, :, start : start + width] = -60.0
    return features
