"""Stable Audio Open 1.0 as published: its configuration, and the names and shapes of its tensors, written down by hand.

{a..b} stands for a range of numbers. The text encoder is no part of the checkpoint.
"""

import itertools
import re

CONFIGURATION = {
    "model_type": "diffusion_cond",
    "sample_size": 2_097_152,
    "sample_rate": 44_100,
    "audio_channels": 2,
    "model": {
        "pretransform": {
            "type": "autoencoder",
            "iterate_batch": True,
            "config": {
                "encoder": {
                    "type": "oobleck",
                    "config": {
                        "in_channels": 2,
                        "channels": 128,
                        "c_mults": [1, 2, 4, 8, 16],
                        "strides": [2, 4, 4, 8, 8],
                        "latent_dim": 128,
                        "use_snake": True,
                    },
                },
                "decoder": {
                    "type": "oobleck",
                    "config": {
                        "out_channels": 2,
                        "channels": 128,
                        "c_mults": [1, 2, 4, 8, 16],
                        "strides": [2, 4, 4, 8, 8],
                        "latent_dim": 64,
                        "use_snake": True,
                        "final_tanh": False,
                    },
                },
                "bottleneck": {"type": "vae"},
                "latent_dim": 64,
                "downsampling_ratio": 2048,
                "io_channels": 2,
            },
        },
        "conditioning": {
            "cond_dim": 768,
            "configs": [
                {"id": "prompt", "type": "t5", "config": {"t5_model_name": "t5-base", "max_length": 128}},
                {"id": "seconds_start", "type": "number", "config": {"min_val": 0, "max_val": 512}},
                {"id": "seconds_total", "type": "number", "config": {"min_val": 0, "max_val": 512}},
            ],
        },
        "diffusion": {
            "cross_attention_cond_ids": ["prompt", "seconds_start", "seconds_total"],
            "global_cond_ids": ["seconds_start", "seconds_total"],
            "type": "dit",
            "config": {
                "io_channels": 64,
                "embed_dim": 1536,
                "depth": 24,
                "num_heads": 24,
                "cond_token_dim": 768,
                "global_cond_dim": 1536,
                "project_cond_tokens": False,
                "transformer_type": "continuous_transformer",
            },
        },
        "io_channels": 64,
    },
}

_TRANSFORMER = """
model.model.timestep_features.weight 128 1
model.model.to_timestep_embed.0.weight 1536 256
model.model.to_timestep_embed.0.bias 1536
model.model.to_timestep_embed.2.weight 1536 1536
model.model.to_timestep_embed.2.bias 1536
model.model.to_cond_embed.0.weight 768 768
model.model.to_cond_embed.2.weight 768 768
model.model.to_global_embed.0.weight 1536 1536
model.model.to_global_embed.2.weight 1536 1536
model.model.preprocess_conv.weight 64 64 1
model.model.postprocess_conv.weight 64 64 1
model.model.transformer.project_in.weight 1536 64
model.model.transformer.project_out.weight 64 1536
model.model.transformer.rotary_pos_emb.inv_freq 16
model.model.transformer.layers.{0..23}.pre_norm.gamma 1536
model.model.transformer.layers.{0..23}.pre_norm.beta 1536
model.model.transformer.layers.{0..23}.self_attn.to_qkv.weight 4608 1536
model.model.transformer.layers.{0..23}.self_attn.to_out.weight 1536 1536
model.model.transformer.layers.{0..23}.cross_attend_norm.gamma 1536
model.model.transformer.layers.{0..23}.cross_attend_norm.beta 1536
model.model.transformer.layers.{0..23}.cross_attn.to_q.weight 1536 1536
model.model.transformer.layers.{0..23}.cross_attn.to_kv.weight 1536 768
model.model.transformer.layers.{0..23}.cross_attn.to_out.weight 1536 1536
model.model.transformer.layers.{0..23}.ff_norm.gamma 1536
model.model.transformer.layers.{0..23}.ff_norm.beta 1536
model.model.transformer.layers.{0..23}.ff.ff.0.proj.weight 12288 1536
model.model.transformer.layers.{0..23}.ff.ff.0.proj.bias 12288
model.model.transformer.layers.{0..23}.ff.ff.2.weight 1536 6144
model.model.transformer.layers.{0..23}.ff.ff.2.bias 1536
conditioner.conditioners.seconds_start.embedder.embedding.0.weights 128
conditioner.conditioners.seconds_start.embedder.embedding.1.weight 768 257
conditioner.conditioners.seconds_start.embedder.embedding.1.bias 768
conditioner.conditioners.seconds_total.embedder.embedding.0.weights 128
conditioner.conditioners.seconds_total.embedder.embedding.1.weight 768 257
conditioner.conditioners.seconds_total.embedder.embedding.1.bias 768
"""


def tensors() -> dict[str, tuple[int, ...]]:
    """Shapes by name."""
    listed = {}
    for line in _TRANSFORMER.split("\n"):
        if line:
            name, *shape = line.split()
            for full in _ranges(name):
                listed[full] = tuple(map(int, shape))
    return listed | _encoder() | _decoder()


def _ranges(name: str) -> list[str]:
    parts = re.split(r"\{(\d+)\.\.(\d+)\}", name)
    spans = [range(int(low), int(high) + 1) for low, high in zip(parts[1::3], parts[2::3], strict=True)]
    texts = parts[::3]
    return [
        "".join(itertools.chain(*zip(texts, (*map(str, numbers), ""), strict=True)))
        for numbers in itertools.product(*spans)
    ]


def _convolution(name: str, outputs: int, inputs: int, width: int, biases: int) -> dict[str, tuple[int, ...]]:
    """A weight-normed convolution; of a transposed one the norm is over its inputs."""
    weight = (outputs, inputs, width)
    return {f"{name}.weight_v": weight, f"{name}.weight_g": (outputs, 1, 1)} | (
        {f"{name}.bias": (biases,)} if biases else {}
    )


def _snake(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.alpha": (channels,), f"{name}.beta": (channels,)}


def _residual(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    return (
        _snake(f"{name}.layers.0", channels)
        | _convolution(f"{name}.layers.1", channels, channels, 7, channels)
        | _snake(f"{name}.layers.2", channels)
        | _convolution(f"{name}.layers.3", channels, channels, 1, channels)
    )


def _encoder() -> dict[str, tuple[int, ...]]:
    root = "pretransform.model.encoder.layers"
    listed = _convolution(f"{root}.0", 128, 2, 7, 128)
    steps = ((128, 128, 2), (128, 256, 4), (256, 512, 4), (512, 1024, 8), (1024, 2048, 8))
    for number, (inputs, outputs, stride) in enumerate(steps, start=1):
        for unit in range(3):
            listed |= _residual(f"{root}.{number}.layers.{unit}", inputs)
        listed |= _snake(f"{root}.{number}.layers.3", inputs)
        listed |= _convolution(f"{root}.{number}.layers.4", outputs, inputs, 2 * stride, outputs)
    return listed | _snake(f"{root}.6", 2048) | _convolution(f"{root}.7", 128, 2048, 3, 128)


def _decoder() -> dict[str, tuple[int, ...]]:
    root = "pretransform.model.decoder.layers"
    listed = _convolution(f"{root}.0", 2048, 64, 7, 2048)
    steps = ((2048, 1024, 8), (1024, 512, 8), (512, 256, 4), (256, 128, 4), (128, 128, 2))
    for number, (inputs, outputs, stride) in enumerate(steps, start=1):
        listed |= _snake(f"{root}.{number}.layers.0", inputs)
        listed |= _convolution(f"{root}.{number}.layers.1", inputs, outputs, 2 * stride, outputs)
        for unit in (2, 3, 4):
            listed |= _residual(f"{root}.{number}.layers.{unit}", outputs)
    return listed | _snake(f"{root}.6", 128) | _convolution(f"{root}.7", 2, 128, 7, 0)
