"""Tiny models of the real classes with random weights, as directories."""

import json
from pathlib import Path
from typing import Any

import numpy as np

PROMPTS = ("a warm flute", "a loud brass phrase", "piano")
RATE = 16_000


def clap_directory(directory: Path) -> Path:
    """A CLAP of 0.1 M parameters over 1 s at 16 kHz, saved in ``directory``."""
    from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)
    from musicologist.training import scenes

    import torch  # isort: skip
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel  # isort: skip

    directory.mkdir(parents=True)
    tokenizer = scenes.build_tokenizer(PROMPTS, directory)
    text = {"vocab_size": len(tokenizer), "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text |= {"intermediate_size": 16, "max_position_embeddings": 12, "projection_dim": 512}
    audio = {"spec_size": 128, "patch_size": 8, "patch_stride": [8, 8], "num_mel_bins": 64, "window_size": 4}
    audio |= {"patch_embeds_hidden_size": 8, "hidden_size": 32, "depths": [1, 1, 1], "num_attention_heads": [1, 2, 4]}
    audio |= {"projection_dim": 512, "enable_fusion": False}
    torch.manual_seed(0)
    ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=512)).save_pretrained(directory)
    ClapFeatureExtractor(
        sampling_rate=RATE,
        hop_length=160,
        max_length_s=1,
        fft_window_size=1024,
        frequency_min=50,
        frequency_max=8000,
        truncation="rand_trunc",
    ).save_pretrained(directory)
    return directory


def diffusion_configuration(objective: str = "v", text_encoder: bool = False) -> dict[str, Any]:
    """Stable Audio Open's shape, tiny: Oobleck autoencoder of 256 samples a frame, DiT, prompt and seconds; 1 s, stereo.

    The prompt is one of three that are listed, or the T5 that is called t5-base reads it.
    """
    listed = {"id": "prompt", "type": "list", "config": {"options": list(PROMPTS)}}
    read = {"id": "prompt", "type": "t5", "config": {"t5_model_name": "t5-base", "max_length": 8}}
    coder = {"channels": 4, "c_mults": [1, 2, 4], "strides": [4, 8, 8], "use_snake": True}
    number = {"type": "number", "config": {"min_val": 0, "max_val": 512}}
    return {
        "model_type": "diffusion_cond",
        "sample_size": 16_384,
        "sample_rate": RATE,
        "audio_channels": 2,
        "model": {
            "pretransform": {
                "type": "autoencoder",
                "iterate_batch": True,
                "config": {
                    "encoder": {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": 16, **coder}},
                    "decoder": {
                        "type": "oobleck",
                        "config": {"out_channels": 2, "latent_dim": 8, "final_tanh": False, **coder},
                    },
                    "bottleneck": {"type": "vae"},
                    "latent_dim": 8,
                    "downsampling_ratio": 256,
                    "io_channels": 2,
                },
            },
            "conditioning": {
                "cond_dim": 32,
                "configs": [
                    read if text_encoder else listed,
                    {"id": "seconds_start", **number},
                    {"id": "seconds_total", **number},
                ],
            },
            "diffusion": {
                "cross_attention_cond_ids": ["prompt", "seconds_start", "seconds_total"],
                "global_cond_ids": ["seconds_start", "seconds_total"],
                "type": "dit",
                "diffusion_objective": objective,
                "config": {
                    "io_channels": 8,
                    "embed_dim": 64,
                    "depth": 2,
                    "num_heads": 2,
                    "cond_token_dim": 32,
                    "global_cond_dim": 64,
                    "project_cond_tokens": False,
                    "transformer_type": "continuous_transformer",
                },
            },
            "io_channels": 8,
        },
    }


def diffusion_directory(
    directory: Path, objective: str = "v", text_encoder: Path | None = None, kind: str = "safetensors"
) -> Path:
    """A diffusion model of the real classes, saved in ``directory`` as either kind of file."""
    from musicologist.generators import stable_audio_tools

    import torch  # isort: skip
    from safetensors.torch import save_file  # isort: skip

    directory.mkdir(parents=True)
    config = diffusion_configuration(objective, text_encoder is not None)
    torch.manual_seed(0)
    model = stable_audio_tools.build(config, text_encoder=text_encoder)
    for parameter in model.parameters():  # layers that start at zero would hide the prompt
        if not parameter.abs().sum():
            torch.nn.init.normal_(parameter, std=0.05)
    if kind == "safetensors":
        save_file(model.state_dict(), directory / "model.safetensors")
    else:
        torch.save({"state_dict": model.state_dict(), "global_step": 7}, directory / "model.ckpt")
    (directory / "model_config.json").write_text(json.dumps(config), encoding="utf-8")
    return directory


def diffusers_directory(directory: Path, kind: str = "StableAudio3Pipeline") -> Path:
    """A model in diffusers' format, saved in ``directory`` by the real pipeline: 256 samples a frame, stereo, at most 8 s."""
    from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)

    import diffusers  # isort: skip
    import torch  # isort: skip

    torch.manual_seed(0)
    parts = _stable_audio_3() if kind == "StableAudio3Pipeline" else _stable_audio_open()
    for part in parts.values():
        for parameter in part.parameters() if isinstance(part, torch.nn.Module) else ():
            if not parameter.abs().sum():  # layers that start at zero would hide the prompt
                torch.nn.init.normal_(parameter, std=0.05)
    getattr(diffusers, kind)(**parts).save_pretrained(directory)
    return directory


_LETTERS = "▁abcdefghijklmnopqrstuvwxyz"


def _stable_audio_3() -> dict[str, Any]:
    from diffusers import AutoencoderSAME, FlowMatchEulerDiscreteScheduler, StableAudio3DiTModel  # isort: skip
    from diffusers.pipelines.stable_audio_3 import StableAudio3DurationEmbedder  # isort: skip
    from transformers import GemmaTokenizer, T5GemmaConfig, T5GemmaEncoderModel  # isort: skip

    vocabulary = dict.fromkeys(["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *_LETTERS])
    vocabulary = {token: number for number, token in enumerate(vocabulary)}
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    sizes |= {"num_key_value_heads": 2, "head_dim": 16, "vocab_size": len(vocabulary), "max_position_embeddings": 64}
    text = T5GemmaConfig(encoder=sizes, decoder=sizes, is_encoder_decoder=False, vocab_size=len(vocabulary))
    network = {
        "io_channels": 8,
        "embed_dim": 64,
        "depth": 2,
        "num_heads": 2,
        "cond_token_dim": 32,
        "global_cond_dim": 32,
    }
    network |= {"local_add_cond_dim": 9, "timestep_features_dim": 32, "num_memory_tokens": 4}
    coder = {"patch_size": 16, "encoder_channels": 16, "encoder_c_mults": (2,), "encoder_transformer_depths": (2,)}
    coder |= {"encoder_strides": (16,), "latent_dim": 8, "dim_heads": 16, "sampling_rate": RATE}
    return {
        "vae": AutoencoderSAME(**coder),
        "text_encoder": T5GemmaEncoderModel(text),
        "tokenizer": GemmaTokenizer(vocab=vocabulary, model_max_length=24),
        "duration_embedder": StableAudio3DurationEmbedder(output_dim=32, fourier_dim=32, max_val=8.0),
        "transformer": StableAudio3DiTModel(**network),
        "scheduler": FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
    }


def _stable_audio_open() -> dict[str, Any]:
    from diffusers import AutoencoderOobleck, CosineDPMSolverMultistepScheduler, StableAudioDiTModel  # isort: skip
    from diffusers import StableAudioProjectionModel  # isort: skip
    from transformers import T5Config, T5EncoderModel, T5Tokenizer  # isort: skip

    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((letter, -2.0) for letter in _LETTERS)]
    sizes = {"d_model": 24, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2, "vocab_size": len(vocabulary)}
    network = {"sample_size": 64, "in_channels": 8, "out_channels": 8, "num_layers": 2, "attention_head_dim": 32}
    network |= {"num_attention_heads": 2, "num_key_value_attention_heads": 1, "cross_attention_dim": 32}
    network |= {"time_proj_dim": 32, "global_states_input_dim": 64, "cross_attention_input_dim": 32}
    coder = {"encoder_hidden_size": 16, "downsampling_ratios": [4, 8, 8], "channel_multiples": [1, 2, 4]}
    coder |= {"decoder_channels": 4, "decoder_input_channels": 8, "sampling_rate": RATE}
    return {
        "vae": AutoencoderOobleck(**coder),
        "text_encoder": T5EncoderModel(T5Config(**sizes)),
        "tokenizer": T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=24),
        "projection_model": StableAudioProjectionModel(24, 32, 0, 8),
        "transformer": StableAudioDiTModel(**network),
        "scheduler": CosineDPMSolverMultistepScheduler(sigma_min=0.3, sigma_max=100),
    }


def t5_directory(directory: Path) -> Path:
    """A T5 encoder of one layer with t5-base's width, and its tokenizer, saved in ``directory``."""
    from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)
    from musicologist.training import scenes

    import torch  # isort: skip
    from transformers import T5Config, T5EncoderModel  # isort: skip

    directory.mkdir(parents=True)
    tokenizer = scenes.build_tokenizer([*PROMPTS, *(f"word{number}" for number in range(40))], directory)
    sizes = {"d_model": 768, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    torch.manual_seed(0)
    T5EncoderModel(T5Config(vocab_size=len(tokenizer), **sizes)).save_pretrained(directory)
    return directory


def noise(seed: int, seconds: float = 0.7, rate: int = RATE) -> np.ndarray:
    """Mono noise (samples,) at half scale."""
    return np.random.default_rng(seed).uniform(-0.5, 0.5, int(seconds * rate)).astype(np.float32)
