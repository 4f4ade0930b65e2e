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


def test_tags_are_read_by_a_module_beside_the_family_or_by_a_file_of_ones_own_and_else_by_none(tmp_path):
    musicnn, clap = (registry.FAMILIES[name] for name in ("musicnn", "clap"))
    assert registry.tagger_of(musicnn) == "musicologist.embedders.musicnn_tags"
    assert registry.tagger_of(clap) is None
    own, plain = tmp_path / "own.py", tmp_path / "plain.py"
    own.write_text("TAGS, TAGS_OF_ASPECTS = ['bell'], {}\ndef tagger(model): ...\n")
    plain.write_text("")
    assert registry.tagger_of(str(own)) == str(own) and registry.tags_of(str(own)).TAGS == ["bell"]
    assert registry.tagger_of(str(plain)) is None


OWN = """
LICENCE, READS_TEXT, ON_SPHERE = "none needed", False, False
def load(model, device="cpu"): ...
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "LICENCE, READS_TEXT",
            "_, READS_TEXT",
            r"own\.py has no LICENCE that is text: an embedder has LICENCE, READS_TEXT",
        ),
        (
            "READS_TEXT, ON_SPHERE",
            "reads, sphere",
            r"own\.py has no READS_TEXT that is True or False and no ON_SPHERE that",
        ),
        (
            '"none needed", False',
            '"none needed", None',
            r"own\.py has no READS_TEXT that is True or False: an embedder",
        ),
        ("def load", "def loaded", r"own\.py has no load that is a function"),
        ("", "import sys; sys.exit(2)", r"own\.py ends the program where it is read: put what it does by itself below"),
        (
            'device="cpu"',
            "*, device",
            r"own\.py: load cannot be called with the model and the device .*load\(model, device\)",
        ),
        ("", "import nothing_of_the_kind", r"own\.py cannot be imported \(ModuleNotFoundError"),
    ],
)
def test_a_file_of_ones_own_that_lacks_a_part_is_refused_where_a_run_is_planned(tmp_path, old, new, sentence):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    assert registry.of_model(file).LICENCE == "none needed"
    file.write_text(OWN.replace(old, new, 1))
    with pytest.raises(UserError, match=sentence):
        registry.of_model(file)


def test_a_tagger_of_ones_own_that_lacks_a_part_is_refused(tmp_path):
    (tmp_path / "own.py").write_text("TAGS = []\ndef tagger(model): ...\n")
    with pytest.raises(UserError, match="has no TAGS_OF_ASPECTS that is a dictionary: a tagger has TAGS, "):
        registry.tags_of(registry.tagger_of(str(tmp_path / "own.py")))


def test_no_map_of_tags_makes_an_embedding_stale():
    """The tagger imports the embedder, and not the other way."""
    covered = provenance.covered(SCRIPTS / "musicologist/embedders/musicnn.py")
    assert all(file.name != "musicnn_tags.py" for file in covered)
    assert all(file.name != "tagged.py" for file in provenance.covered(SCRIPTS / "embed_audio.py"))


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
