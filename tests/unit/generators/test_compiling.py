import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from musicologist.audio.sampler import Sampler
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.generators import compiling, diffusers_audio, stable_audio_tools
from musicologist.models.compat import torchaudio  # noqa: F401  (before stable-audio-tools)

from tests.support import tiny_models

import torch  # isort: skip

ROOT = Path(__file__).parents[3]
BUNDLED = ROOT / "resources/models/diffusion"
SETTINGS = {
    "sampler": "dpmpp-2m-sde",
    "steps": 4,
    "guidance": 3.0,
    "sigma_min": 0.1,
    "sigma_max": 50.0,
    "seconds_total": 1.0,
    "seconds_kept": 0.5,
}


def loaded(family, folder, decoder):
    return Sampler.load(family, folder, SamplingSettings(**SETTINGS, decoder=decoder))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.diffusion_directory(tmp_path_factory.mktemp("models") / "model")


@pytest.mark.skipif(not shutil.which("g++"), reason="torch compiles for a CPU with g++")
def test_a_compiled_decoder_decodes_the_same(folder, capfd):
    latents = torch.randn(2, 8, 64)
    plain, compiled = (loaded(stable_audio_tools, folder, decoder) for decoder in ("plain", "compiled"))
    expected, found = plain.decode(latents), compiled.decode(latents)
    assert expected.std() > 0
    assert float((found - expected).abs().max()) <= 1e-4 * float(expected.abs().max())
    assert compiled.generator.model.pretransform.model.decoder._compiled is not None
    assert "not compiled" not in capfd.readouterr().err


DECODE = """
import torch
from musicologist.generators import compiling
network = torch.nn.Sequential(torch.nn.Conv1d(2, 3, 5), torch.nn.Tanh())
compiled, latents = compiling.Compiled(network), torch.randn(1, 2, 40)
assert torch.equal(compiled(latents), network(latents)) and torch.equal(compiled(latents), network(latents))
"""


def test_without_a_compiler_it_goes_on_with_one_sentence(tmp_path):
    environment = {
        **os.environ,
        "CXX": "/nowhere/g++",
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": "scripts",
    }
    ended = subprocess.run([sys.executable, "-c", DECODE], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert not ended.returncode, ended.stderr
    assert ended.stderr.count("The decoder was not compiled (") == 1
    assert "No working C++ compiler" in ended.stderr and "models.decoder: plain" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_pretransform_without_a_network_is_left_alone():
    sampler = loaded(stable_audio_tools, BUNDLED, "compiled")
    assert not [part for part in sampler.generator.model.modules() if isinstance(part, compiling.Compiled)]


def test_of_a_model_in_the_format_of_diffusers_too(tmp_path):
    sampler = loaded(diffusers_audio, tiny_models.diffusers_directory(tmp_path / "model"), "compiled")
    assert isinstance(sampler.generator.vae.decoder, compiling.Compiled)
