"""Training the small bundled CLAP: contrastive, with attribute heads and blur, noise and masks as augmentation."""

import math
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core.files import atomic_path
from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)
from musicologist.training import scenes
from musicologist.training.clap_features import ATTRIBUTES, augment, feature_extractor, read_features

from transformers import AutoTokenizer, ClapConfig, ClapModel  # isort: skip
import torch  # isort: skip
from torch.nn import functional as F  # isort: skip


@dataclass(frozen=True)
class Training:
    """How long and how fast to train; ``minutes`` ends a run early whatever its ``steps``."""

    steps: int
    minutes: float
    batch_size: int = 64
    learning_rate: float = 8e-4
    warmup: int = 150
    start: str = ""  # a model directory whose weights and words to go on from
    filtered: float = 0.0  # share of the clips that are heard through a random filter (``colour``)
    device: str = "cpu"
    precision: str = "float32"  # bfloat16 is faster where the processor knows it
    compiled: bool = False  # needs a C++ compiler


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


def prepare(directory: Path, start: str, captions: Sequence[str]) -> tuple[ClapModel, Any]:
    """The model that is to be trained and its tokenizer; writes tokenizer, configuration and features into ``directory``.

    All are those of the model in ``start``, where one is given: its weights fit no other words.
    """
    if start:
        for path in Path(start).glob("tokenizer*.json"):
            shutil.copyfile(path, directory / path.name)
        tokenizer = AutoTokenizer.from_pretrained(directory)
        model = ClapModel.from_pretrained(start, dtype=torch.float32)
    else:
        tokenizer = scenes.build_tokenizer(sorted(set(captions)), directory)
        model = ClapModel(configuration(len(tokenizer)))
    model.config.save_pretrained(directory)
    feature_extractor().save_pretrained(directory)
    return model, tokenizer


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
    model, tokenizer = prepare(directory, schedule.start, captions)
    model = model.train().to(schedule.device)
    tokens = tokenizer(captions, padding=True, return_tensors="pt")
    distinct = {caption: number for number, caption in enumerate(sorted(set(captions)))}
    caption_number = torch.tensor([distinct[caption] for caption in captions])
    heads = torch.nn.Linear(512, len(ATTRIBUTES)).to(schedule.device)
    weights = list(model.parameters())
    average = [tensor.detach().clone() for tensor in weights]
    optimizer = torch.optim.AdamW(
        [*weights, *heads.parameters()], schedule.learning_rate, weight_decay=0.02, fused=True
    )
    kind = torch.device(schedule.device).type
    reduced = torch.autocast(kind, getattr(torch, schedule.precision), enabled=schedule.precision != "float32")
    if schedule.compiled:
        model.audio_model.compile()
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
        heard = augment(torch.from_numpy(features[chosen]).float(), generator, schedule.filtered)
        mask = tokens["attention_mask"][clips]
        length = int(mask.sum(1).max())
        with reduced:
            out = model(
                input_ids=tokens["input_ids"][clips, :length].to(schedule.device),
                attention_mask=mask[:, :length].to(schedule.device),
                input_features=heard[:, None].to(schedule.device),
                is_longer=torch.zeros(len(clips), 1, dtype=torch.bool, device=schedule.device),
            )
        contrast = _contrastive(out.logits_per_audio.float(), caption_number[clips].to(schedule.device))
        present = torch.from_numpy(attributes[clips]).to(schedule.device)
        named = F.binary_cross_entropy_with_logits(heads(out.audio_embeds.float() * 10), present)
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
