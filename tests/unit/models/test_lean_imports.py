"""In processes of their own, for what is imported stays."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
SPARED = ("torch._dynamo", "sympy", "torch.distributed.tensor", "scipy.stats", "transformers.loss.loss_d_fine")
EMBED = """
import sys
import numpy as np
if sys.argv[1] == "lean":
    from musicologist.core import programs
from musicologist.core import shards
from musicologist.embedders import clap
model = clap.load(sys.argv[2])
clip = np.sin(np.arange(44_100)[None] * 0.05).astype(np.float32)
heard = model.embed_audio([shards.mono_at(clip, 44_100, model.sample_rate, "a clip")], 1)
np.save(f"{sys.argv[1]}.npy", np.concatenate([heard, model.embed_text(["a flute", "deep bass"])]))
print(*sys.modules)
"""
GENERATE = """
import sys
import numpy as np
if sys.argv[1] == "lean":
    from musicologist.core import programs
from musicologist.audio.sampler import Sampler
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.generators import stable_audio_tools
settings = SamplingSettings(
    sampler="dpmpp-2m", steps=3, guidance=3.0, sigma_min=0.5, sigma_max=50.0, seconds_total=1.0, seconds_kept=0.5
)
sampler = Sampler.load(stable_audio_tools, sys.argv[2], settings)
kept = sampler.sample(["a flute", "deep bass"], [1, 2], [2])
audio = [sampler.decode(latents).numpy() for _, latents in kept]
assert len(audio) == 2 and all(clips.std() > 0 for clips in audio)
np.save(f"{sys.argv[1]}.npy", np.concatenate(audio))
print(*sys.modules)
"""
COMPILER = """
from musicologist.core import programs
from musicologist.models import lean_imports
lean_imports.transformers()
lean_imports.stable_audio_tools()
import sys
import torch
assert "torch._dynamo" not in sys.modules
double = torch.compile(lambda x: 2 * x, backend="eager")
assert double(torch.ones(2)).sum() == 4
assert torch._dynamo is sys.modules["torch._dynamo"]
assert torch.compiler.disable(lambda: 3)() == 3
assert torch.distributed.is_available()
from transformers.masking_utils import TransformGetItemToIndex
with TransformGetItemToIndex():
    pass
"""


def run(program, folder, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize(("program", "model"), [(EMBED, "clap"), (GENERATE, "diffusion")], ids=["CLAP", "diffusion"])
def test_a_program_finds_the_same_with_few_imports_as_a_notebook_with_all(tmp_path, program, model):
    few, all_of_them = (run(program, tmp_path, how, ROOT / "resources/models" / model) for how in ("lean", "plain"))
    assert not few & set(SPARED)
    assert "torch._dynamo" in all_of_them
    assert np.array_equal(np.load(tmp_path / "lean.npy"), np.load(tmp_path / "plain.npy"))


@pytest.mark.slow
def test_who_asks_for_the_compiler_later_gets_it(tmp_path):
    run(COMPILER, tmp_path)


FAILING = """
from musicologist.core import programs
from musicologist.models import lean_imports
import torch
try:
    with lean_imports._without_compiler():
        raise ModuleNotFoundError("something that was not installed")
except ModuleNotFoundError:
    pass
assert torch._dynamo.__name__ == "torch._dynamo" and torch.compiler.disable.__module__ == "torch.compiler"
"""


@pytest.mark.slow
def test_an_import_that_fails_leaves_nothing_in_the_compilers_place(tmp_path):
    run(FAILING, tmp_path)
