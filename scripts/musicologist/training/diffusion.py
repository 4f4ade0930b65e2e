"""Training the small bundled diffusion model: a DiT with the v-objective over log-mel latents."""

import json
import math
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core import shards
from musicologist.core.files import atomic_path, write_text
from musicologist.generators.log_mel_latent import MELS, LogMelPretransform
from musicologist.generators.stable_audio_tools import build, load_model, read_config
from musicologist.notes.synthesizer import SAMPLE_RATE, SAMPLES
from musicologist.training import scenes

import torch  # isort: skip

TEXT_TOKENS = 40
SIGMA_RANGE = (
    0.2,
    100.0,
)  # half of each batch is trained on noise levels spread evenly in the logarithm over this range


@dataclass(frozen=True)
class Training:
    """How long and how fast to train; ``minutes`` ends a run early whatever its ``steps``."""

    steps: int
    minutes: float
    batch_size: int = 32
    learning_rate: float = 1e-3
    warmup: int = 200
    dropout: float = 0.1  # of the condition, for classifier-free guidance
    start: str = ""  # a model directory whose weights to go on from
    device: str = "cpu"
    precision: str = "float32"  # bfloat16 is faster where the processor knows it
    compiled: bool = False  # needs a C++ compiler; a fifth faster


def configuration(mean: float, spread: float) -> dict[str, Any]:
    """The model's ``model_config.json``: Stable Audio Open's kind of parts, small."""
    size = 128
    return {
        "model_type": "diffusion_cond",
        "sample_size": SAMPLES,
        "sample_rate": SAMPLE_RATE,
        "audio_channels": 1,
        "model": {
            "io_channels": MELS,
            "pretransform": {"type": "log_mel", "config": {"mean": mean, "spread": spread, "iterations": 5}},
            "conditioning": {
                "cond_dim": size,
                "configs": [
                    {"id": "prompt", "type": "lut", "config": {"tokenizer_name": ".", "max_length": TEXT_TOKENS}},
                    {"id": "seconds_total", "type": "number", "config": {"min_val": 0, "max_val": 16}},
                ],
            },
            "diffusion": {
                "type": "dit",
                "diffusion_objective": "v",
                "cross_attention_cond_ids": ["prompt", "seconds_total"],
                "global_cond_ids": ["seconds_total"],
                "config": {
                    "io_channels": MELS,
                    "patch_size": 2,
                    "embed_dim": size,
                    "depth": 6,
                    "num_heads": 2,
                    "cond_token_dim": size,
                    "global_cond_dim": size,
                    "project_cond_tokens": False,
                    "global_cond_type": "adaLN",
                    "transformer_type": "continuous_transformer",
                },
            },
        },
    }


def read_latents(paths: Sequence[str]) -> tuple[torch.Tensor, list[str]]:
    """Log-mel values (clips, MELS, frames) in float16, not yet normalised, and the clips' captions."""
    raw = LogMelPretransform(SAMPLE_RATE, mean=0.0, spread=1.0, iterations=0)
    pieces, captions, batch = [], [], []
    for path in paths:
        for clip in shards.read(path):
            batch.append(clip.audio)
            captions.append(clip.record["caption"])
            if len(batch) == 64:
                pieces.append(raw.encode(torch.from_numpy(np.stack(batch))).half())
                batch = []
    if batch:
        pieces.append(raw.encode(torch.from_numpy(np.stack(batch))).half())
    return torch.cat(pieces), captions


def prepare(directory: Path, start: str, latents: torch.Tensor, captions: Sequence[str]) -> dict[str, Any]:
    """Write configuration and tokenizer into ``directory`` and return the former; ``latents`` are normalised in place.

    Both are those of the model in ``start``, where one is given: its weights fit no other words and no other spread.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if start:
        config = read_config(start)
        for path in Path(start).glob("tokenizer*.json"):
            shutil.copyfile(path, directory / path.name)
    else:
        sample = latents[:: max(1, len(latents) // 2000)].float()
        config = configuration(round(float(sample.mean()), 3), round(float(sample.std()), 3))
        scenes.build_tokenizer(sorted(set(captions)), directory)
    write_text(directory / "model_config.json", json.dumps(config, indent=2) + "\n")
    scale = config["model"]["pretransform"]["config"]
    for part in latents.split(1024):
        part.copy_((part.float() - scale["mean"]) / scale["spread"])
    return config


def noise_levels(count: int, generator: np.random.Generator) -> torch.Tensor:
    """Times t in (0, 1) of the v-objective: half of them uniform, half log-uniform in sigma = tan(pi t / 2)."""
    uniform = torch.from_numpy(generator.random(count // 2)).float()
    low, high = (math.log(sigma) for sigma in SIGMA_RANGE)
    sigma = torch.exp(torch.from_numpy(low + generator.random(count - count // 2) * (high - low)).float())
    return torch.cat([uniform, torch.atan(sigma) * 2 / math.pi])


def train(
    paths: Sequence[str], schedule: Training, seed: int, directory: Path, save_minutes: float = 10
) -> dict[str, Any]:
    """Train on tar shards of captioned clips and write a model directory; returns what was reached.

    The weights written are an exponential moving average, in float16. ``directory`` is usable from the first save on.
    """
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    latents, captions = read_latents(paths)
    config = prepare(directory, schedule.start, latents, captions)
    latents = latents.to(schedule.device)
    model = build(config, directory).train()
    if schedule.start:
        model.load_state_dict(load_model(schedule.start)[0].state_dict())
    model = model.to(schedule.device)
    if schedule.compiled:
        model.model.compile()
    weights = [tensor for tensor in model.state_dict().values() if tensor.is_floating_point()]
    average = [tensor.clone() for tensor in weights]
    optimizer = torch.optim.AdamW(
        model.parameters(), schedule.learning_rate, betas=(0.9, 0.99), weight_decay=1e-3, fused=True
    )
    order, position, losses, begun, saved = (
        generator.permutation(len(latents)),
        0,
        [],
        time.monotonic(),
        time.monotonic(),
    )
    step = 0
    while step < schedule.steps:
        elapsed = (time.monotonic() - begun) / 60
        done = max(step / schedule.steps, elapsed / schedule.minutes)
        if done >= 1:
            break
        rate = schedule.learning_rate * min(1, (step + 1) / schedule.warmup) * max(0.01, 1 - done)
        for group in optimizer.param_groups:
            group["lr"] = rate
        if position + schedule.batch_size > len(order):
            order, position = generator.permutation(len(latents)), 0
        chosen = order[position : position + schedule.batch_size]
        position += schedule.batch_size
        loss = _loss(model, latents[chosen].float(), [captions[i] for i in chosen], schedule, generator)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        with torch.no_grad():
            torch._foreach_lerp_(average, weights, 1 - min(0.9985, (1 + step) / (10 + step)))
        losses.append(loss.item())
        if step % 100 == 0:
            line = f"step {step}, {elapsed:.1f} min, loss {np.mean(losses[-100:]):.4f}, rate {rate:.2e}"
            print(line, file=sys.stderr, flush=True)
        if time.monotonic() - saved > save_minutes * 60:
            saved = time.monotonic()
            _save(model, average, directory)
    _save(model, average, directory)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {
        "parameters": parameters,
        "clips": len(latents),
        "steps": step,
        "batch_size": schedule.batch_size,
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "loss": round(float(np.mean(losses[-500:])), 4),
    }


def _loss(
    model: Any,
    clean: torch.Tensor,
    captions: list[str],
    schedule: Training,
    generator: np.random.Generator,
) -> torch.Tensor:
    """Mean squared error of v = cos(pi t/2) noise - sin(pi t/2) clean (Salimans and Ho 2022)."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    time_ = noise_levels(len(clean), generator).to(clean.device)
    alpha, sigma = (f(time_ * math.pi / 2)[:, None, None] for f in (torch.cos, torch.sin))
    noise = torch.randn_like(clean)
    metadata = [{"prompt": text, "seconds_total": 4} for text in captions]
    reduced = torch.autocast(
        clean.device.type, getattr(torch, schedule.precision), enabled=schedule.precision != "float32"
    )
    backends = SDPBackend.MATH if clean.device.type == "cpu" else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
    with reduced, sdpa_kernel(backends):  # on a CPU the backward pass of flash attention takes a third of a step
        predicted = model(
            alpha * clean + sigma * noise,
            time_,
            cond=model.conditioner(metadata, clean.device),
            cfg_dropout_prob=schedule.dropout,
            use_checkpointing=False,
        )
    return ((predicted.float() - (alpha * noise - sigma * clean)) ** 2).mean()


def _save(model: torch.nn.Module, average: list[torch.Tensor], directory: Path) -> None:
    from safetensors.torch import save_file

    state, averages = {}, iter(average)
    for name, tensor in model.state_dict().items():
        state[name] = next(averages).half().cpu().contiguous() if tensor.is_floating_point() else tensor.cpu()
    with atomic_path(directory / "model.safetensors") as temporary:
        save_file(state, temporary)
