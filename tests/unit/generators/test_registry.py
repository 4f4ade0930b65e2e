"""Generators by name: which family a model is of, and that a family's file stands under its own digest alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from musicologist.core.errors import UserError
from musicologist.generators import registry
from musicologist.models import devices
from musicologist.workflow import provenance

SCRIPTS = Path(__file__).parents[3] / "scripts"


def test_a_model_is_of_the_family_whose_configuration_it_has(tmp_path, monkeypatch):
    monkeypatch.setitem(registry.FAMILIES, "other", ("other.json", "musicologist.generators.other"))
    (tmp_path / "other.json").touch()
    assert registry.module_of(tmp_path) == "musicologist.generators.other"
    (tmp_path / "model_config.json").touch()
    assert registry.module_of(tmp_path) == "musicologist.generators.stable_audio_tools"
    assert registry.module_of("owner/model@v2") == "musicologist.generators.stable_audio_tools"
    with pytest.raises(UserError, match="nowhere is no directory"):
        registry.of_model("nowhere").load("nowhere")


@pytest.mark.parametrize("name", registry.FAMILIES)
def test_a_family_has_what_the_contract_names_and_is_read_without_torch(name):
    family = devices.family(registry.FAMILIES[name][1])
    parts = ("read_config", "facts", "check_weights", "text_encoder_of", "load")
    assert all(callable(getattr(family, part)) for part in parts)
    assert set(family.CONFIGURATION) <= set(family.FILES) and family.FILES[0] == (registry.FAMILIES[name][0],)
    module = registry.FAMILIES[name][1]
    program = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import {module}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("script", ["generate_audio", "branch_audio"])
def test_a_familys_file_is_no_part_of_the_scripts_digest(script):
    covered = {file.relative_to(SCRIPTS).as_posix() for file in provenance.covered(SCRIPTS / f"{script}.py")}
    assert "musicologist/generators/registry.py" not in covered
    for _, module in registry.FAMILIES.values():
        file = SCRIPTS.joinpath(*module.split(".")).with_suffix(".py")
        assert file.relative_to(SCRIPTS).as_posix() not in covered
        assert provenance.code_digest(file, SCRIPTS) != provenance.code_digest(file)  # what a family imports counts
