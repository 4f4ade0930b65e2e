"""Training the small bundled CLAP: contrastive, with attribute heads and blur, noise and masks as augmentation."""

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core import shards
from musicologist.core.files import atomic_path
from musicologist.generators.log_mel_latent import LogMelPretransform
from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)
from musicologist.notes.synthesizer import SAMPLE_RATE, SECONDS
from musicologist.training import scenes
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

from transformers import ClapConfig, ClapFeatureExtractor, ClapModel  # isort: skip
import torch  # isort: skip
from torch.nn import functional as F  # isort: skip

ATTRIBUTES = (*FAMILIES, "drums", *SOURCES, *QUALITIES)
ROUND_TRIPS = 0.35
"""Share of the clips that the network also hears through the diffusion model's latent, as it will hear generated audio."""


@dataclass(frozen=True)
class Training:
    """How long and how fast to train; ``minutes`` ends a run early whatever its ``steps``."""

    steps: int
    minutes: float
    batch_size: int = 64
    learning_rate: float = 8e-4
    warmup: int = 150
    device: str = "cpu"


def configuration(words: int) -> ClapConfig:
    """LAION CLAP's architecture, small: HTSAT audio tower, RoBERTa-type text tower, 512-dimensional embeddings."""
    text = {
        "vocab_size": max(64, words),
        "hidden_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 192,
        "max_position_embeddings": 64,
        "projection_dim": 512,
    }
    audio = {
        "spec_size": 128,
        "freq_ratio": 2,
        "num_mel_bins": 64,
        "window_size": 4,
        "patch_size": 8,
        "patch_stride": [8, 8],
        "hidden_size": 256,
        "patch_embeds_hidden_size": 64,
        "depths": [2, 4, 2],
        "num_attention_heads": [4, 8, 16],
        "projection_dim": 512,
        "enable_fusion": False,
        "drop_path_rate": 0.05,
    }
    return ClapConfig(text_config=text, audio_config=audio, projection_dim=512)


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


def augment(features: torch.Tensor, generator: np.random.Generator) -> torch.Tensor:
    """Log-mel features (batch, frames, 64) in dB with another gain, a noise floor, time rolls and masks."""
    batch, frames, bands = features.shape
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


def train(
    paths: Sequence[str], schedule: Training, seed: int, directory: Path, save_minutes: float = 10
) -> dict[str, Any]:
    """Train on tar shards of captioned clips and write a model directory; returns what was reached.

    Clips with the same caption are no negatives of each other. Weights are written in float16; ``directory`` is usable
    from the first save on.
    """
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    features, rows, captions, attributes = read_features(paths, seed)
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = scenes.build_tokenizer(sorted(set(captions)), directory)
    model = ClapModel(configuration(len(tokenizer))).train().to(schedule.device)
    model.config.save_pretrained(directory)
    feature_extractor().save_pretrained(directory)
    tokens = tokenizer(captions, padding=True, return_tensors="pt")
    distinct = {caption: number for number, caption in enumerate(sorted(set(captions)))}
    caption_number = torch.tensor([distinct[caption] for caption in captions])
    heads = torch.nn.Linear(512, len(ATTRIBUTES)).to(schedule.device)
    weights = list(model.parameters())
    average = [tensor.detach().clone() for tensor in weights]
    optimizer = torch.optim.AdamW(
        [*weights, *heads.parameters()], schedule.learning_rate, weight_decay=0.02, fused=True
    )
    losses, begun, saved, step = [], time.monotonic(), time.monotonic(), 0
    while step < schedule.steps:
        elapsed = (time.monotonic() - begun) / 60
        done = max(step / schedule.steps, elapsed / schedule.minutes)
        if done >= 1:
            break
        rate = (
            schedule.learning_rate
            * min(1, (step + 1) / schedule.warmup)
            * (0.98 * math.cos(math.pi * done / 2) ** 2 + 0.02)
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        chosen = generator.integers(0, len(rows), schedule.batch_size)
        clips = rows[chosen]
        heard = augment(torch.from_numpy(features[chosen]).float(), generator)
        mask = tokens["attention_mask"][clips]
        length = int(mask.sum(1).max())
        out = model(
            input_ids=tokens["input_ids"][clips, :length].to(schedule.device),
            attention_mask=mask[:, :length].to(schedule.device),
            input_features=heard[:, None].to(schedule.device),
            is_longer=torch.zeros(len(clips), 1, dtype=torch.bool, device=schedule.device),
        )
        contrast = _contrastive(out.logits_per_audio, caption_number[clips].to(schedule.device))
        present = torch.from_numpy(attributes[clips]).to(schedule.device)
        named = F.binary_cross_entropy_with_logits(heads(out.audio_embeds * 10), present)
        optimizer.zero_grad()
        (contrast + 3 * named).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        step += 1
        with torch.no_grad():
            model.logit_scale_a.clamp_(0, 4.6)
            model.logit_scale_t.clamp_(0, 4.6)
            torch._foreach_lerp_(
                average, [tensor.detach() for tensor in weights], 1 - min(0.998, (1 + step) / (10 + step))
            )
        losses.append((contrast.item(), named.item()))
        if step % 100 == 0:
            mean = np.mean(losses[-100:], axis=0)
            line = (
                f"step {step}, {elapsed:.1f} min, contrastive {mean[0]:.3f}, attributes {mean[1]:.4f}, rate {rate:.2e}"
            )
            print(line, file=sys.stderr, flush=True)
        if time.monotonic() - saved > save_minutes * 60:
            saved = time.monotonic()
            _save(model, average, directory)
    _save(model, average, directory)
    mean = np.mean(losses[-500:], axis=0)
    return {
        "parameters": sum(tensor.numel() for tensor in weights),
        "clips": len(captions),
        "round_trips": len(rows) - len(captions),
        "steps": step,
        "batch_size": schedule.batch_size,
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "contrastive_loss": round(float(mean[0]), 3),
        "attribute_loss": round(float(mean[1]), 4),
    }


def _contrastive(logits: torch.Tensor, caption: torch.Tensor) -> torch.Tensor:
    """Symmetric InfoNCE (Radford et al. 2021) without the negatives that have the same caption."""
    same = caption[:, None] == caption[None]
    itself = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(same & ~itself, -1e4)
    target = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def _save(model: ClapModel, average: list[torch.Tensor], directory: Path) -> None:
    from safetensors.torch import save_file

    state = dict(zip((name for name, _ in model.named_parameters()), average, strict=True))
    state = {name: state.get(name, tensor) for name, tensor in model.state_dict().items()}
    state = {
        name: tensor.half().cpu().contiguous() if tensor.is_floating_point() else tensor.cpu()
        for name, tensor in state.items()
    }
    with atomic_path(directory / "model.safetensors") as temporary:
        save_file(state, temporary, metadata={"format": "pt"})
