"""Embedders by name: which family reads a model, and that a family's file stands under its own digest alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from musicologist.core.errors import UserError
from musicologist.embedders import registry
from musicologist.models import devices
from musicologist.workflow import provenance

from tests.support import tiny_models
from tests.support.tiny_models import noise

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[3] / "scripts"


def test_a_directory_is_transformers_and_a_file_laions(tmp_path):
    (tmp_path / "checkpoint.pt").touch()
    clap, laion = (registry.FAMILIES[name] for name in ("clap", "clap_laion"))
    models = (tmp_path, tmp_path / "checkpoint.pt", "owner/clap@v2", "lukewys/laion_clap/music.pt@v2")
    assert [registry.module_of(model) for model in models] == [clap, laion, clap, laion]
    with pytest.raises(UserError, match="nowhere is no directory"):
        registry.of_model("nowhere").load("nowhere")


@pytest.mark.parametrize("name", registry.FAMILIES)
def test_a_family_has_what_the_contract_names_and_is_read_without_torch(name):
    family = devices.family(registry.FAMILIES[name])
    assert all(callable(getattr(family, part)) for part in ("load", "check"))
    assert family.LICENCE and {family.READS_TEXT, family.ON_SPHERE} <= {True, False}
    module = registry.FAMILIES[name]
    program = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import {module}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_loaded_embedder_has_what_the_contract_names(tmp_path):
    directory = tiny_models.clap_directory(tmp_path / "clap")
    model = registry.of_model(directory).load(directory)
    clips = [noise(seed, 1.0)[: model.window] for seed in range(3)]
    assert model.embed_audio(clips, 2).shape == (3, model.size)
    assert model.embed_text(["a guitar", "a drum"]).shape == (2, model.size)


def test_the_least_that_a_family_is_hears(tmp_path):
    """The example of the module's docstring."""
    example = registry.__doc__.split("::\n")[1]
    namespace = {"np": np}
    exec("\n".join(line[4:] for line in example.splitlines()), namespace)
    model = namespace["load"]("nothing")
    late = np.repeat([0, 1], 8_000).astype(np.float32)
    found = model.embed_audio([np.full(16_000, 0.1, np.float32), late], 2)
    assert np.allclose(found, [[0.1] * 8, [0] * 4 + [1] * 4])
    assert namespace["READS_TEXT"] is namespace["ON_SPHERE"] is False and model.embed_text is None


def test_a_familys_file_is_no_part_of_the_scripts_digest(tmp_path):
    covered = {file.relative_to(SCRIPTS).as_posix() for file in provenance.covered(SCRIPTS / "embed_audio.py")}
    assert "musicologist/embedders/registry.py" not in covered
    files = [SCRIPTS.joinpath(*module.split(".")).with_suffix(".py") for module in registry.FAMILIES.values()]
    assert not covered & {file.relative_to(SCRIPTS).as_posix() for file in files}
    digests = [provenance.code_digest(file, SCRIPTS) for file in files]
    assert len(set(digests)) == len(files)
    assert digests != [provenance.code_digest(file) for file in files]  # what a family imports counts
