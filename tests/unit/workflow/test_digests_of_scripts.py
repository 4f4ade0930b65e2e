"""Which scripts' digests an edit of the library changes."""

import shutil
from pathlib import Path

import pytest
from musicologist.workflow.provenance import code_digest

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[3] / "scripts"


def digests(folder):
    return {script.stem: code_digest(script, folder) for script in folder.glob("*.py")}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A copy of the scripts, and their digests."""
    folder = tmp_path_factory.mktemp("library") / "scripts"
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder, digests(folder)


def changed(library, file, old, new):
    """The scripts whose digests an edit changes."""
    folder, before = library
    path = folder / "musicologist" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    after = digests(folder)
    path.write_text(text, encoding="utf-8")
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("core/errors.py", "did you mean", "perhaps"),
        ("core/shards.py", "expected a tar file of KEY.flac", "wanted a tar file with KEY.flac"),
        ("core/shards.py", "a member that is neither sound nor record", "a stray member"),
        ("core/parquet.py", "delete it and let the workflow rebuild it", "remove it"),
        ("notes/synthesizer.py", "install pretty_midi, which carries it", "install it"),
        ("concepts/definitions.py", ": notes.match", ", at notes.match"),
        ("prompts/openai_client.py", "has no credit left", "is out of credit"),
        ("embeddings/of_notes.py", "lacks notes of the dataset", "does not have all notes"),
        ("prompts/batches.py", "line=number", "row=number"),
    ],
)
def test_no_digest_changes_with_a_sentence(library, file, old, new):
    assert changed(library, file, old, new) == set()


def test_a_column_of_controls_reaches_no_script_that_embeds(library):
    found = changed(library, "emergence/tables.py", '("control", pa', '("more", pa.string()), ("control", pa')
    assert "measure_controls" in found
    assert not found & {"generate_audio", "branch_audio", "embed_audio", "embed_texts", "pack_notes", "train_probe"}


def test_the_reverb_of_the_synthesizer_reaches_no_prompt_and_no_generated_clip(library):
    found = changed(library, "notes/synthesizer.py", 'if "reverb" in', 'if "no reverb" in')
    assert "render_notes" in found
    assert not found & {"write_prompts", "generate_audio", "branch_audio", "embed_audio"}


def test_the_width_of_a_marker_reaches_figures_only(library):
    found = changed(library, "figures/emergence.py", '"linewidth": 1.6', '"linewidth": 1.4')
    assert found and all(name.startswith("plot_") for name in found)
