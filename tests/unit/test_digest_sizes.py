"""How many lines lie under a script's digest: a change in any of them makes its products stale, so costly rules carry few."""

from pathlib import Path

import pytest
from musicologist.workflow import provenance

SCRIPTS = Path(__file__).parents[2] / "scripts"
AT_MOST = {"generate_audio": 1350, "embed_audio": 1250, "write_prompts": 550, "plot_atlas": 450}
FOREIGN = {
    "write_prompts": ("notes/", "audio/", "models/", "embeddings/"),
    "generate_audio": ("generators/stable", "notes/", "embedders/", "embeddings/", "workflow/", "vocabulary/"),
    "embed_audio": ("embedders/clap", "generators/", "prompts/", "notes/", "emergence/", "workflow/"),
    "plot_atlas": ("emergence/", "embeddings/", "audio/", "models/"),
}
"""Wings that can change nothing that the script makes."""


def covered(script):
    return provenance.covered(SCRIPTS / f"{script}.py")


@pytest.mark.parametrize(("script", "most"), AT_MOST.items())
def test_few_lines_stand_under_the_digest_of_a_costly_rule(script, most):
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in covered(script)}
    assert sum(lines.values()) <= most, sorted((count, str(file)) for file, count in lines.items())


@pytest.mark.parametrize(("script", "wings"), FOREIGN.items())
def test_a_digest_covers_no_wing_that_cannot_change_the_product(script, wings):
    library = SCRIPTS / "musicologist"
    rooms = [file.relative_to(library).as_posix() for file in covered(script) if library in file.parents]
    assert rooms
    assert not [room for room in rooms if room.startswith(wings)]
