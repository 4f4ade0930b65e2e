import json
import os
import subprocess
import sys
from pathlib import Path

from musicologist.core import parquet
from musicologist.workflow import record
from musicologist.workflow.ears import Ear

from tests.support import simulated_run
from tests.support.simulated_run import Shape

ROOT = Path(__file__).parents[3]


def test_a_model_tells_its_licence_and_digest():
    entry = record.model_entry("hears it", str(ROOT / "resources/models/clap"), {})
    assert entry["licence"] == "MIT"
    assert len(entry["digest"]) == 16
    assert "stand-in" in entry["warning"]
    hub = record.model_entry("hears it", "laion/clap@0123456789", {})
    assert hub["licence"] == "see https://huggingface.co/laion/clap"
    assert hub["title"] == "laion/clap@01234567"


def test_tables_are_told_of_the_run_by_the_variable_that_they_read(monkeypatch):
    monkeypatch.setenv(record.MADE_BY, "")
    record.tell_tables("r", "results/r", {"": "own"})
    assert record.MADE_BY == parquet.MADE_BY
    assert json.loads(os.environ[parquet.MADE_BY]) == {"run": "r", "results": "results/r", "models": {"": "own"}}


def test_an_embedder_without_a_card_tells_its_licence_by_its_file():
    assert record.model_entry("hears it", "musicnn", {"musicnn": "ISC"})["licence"] == "ISC"
    own = Ear("own", str(ROOT / "examples/own_embedder.py"), "")
    assert (own.licence, Ear("other", "musicnn", "").licence) == ("none needed", "ISC")
    models = {"diffusion": "a", "clap": None, "embedders": {"mine": "b", "musicnn": "musicnn"}, "text_encoder": None}
    assert [model for _, model in record.models_by_role(models)] == ["a", "b", "musicnn"]


def test_a_front_matter_tells_a_licence_too(tmp_path):
    (tmp_path / "weights").write_text("weights")
    (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    assert record.model_entry("x", str(tmp_path), {})["licence"] == "apache-2.0"
    (tmp_path / "README.md").write_text("# A model\n")
    assert record.model_entry("x", str(tmp_path), {})["licence"] == "not stated"


def test_notes_tell_their_licence():
    assert "CC BY 4.0" in record.notes_entry({"inputs": {"notes": "data/nsynth-{split}"}})["licence"]
    assert record.notes_entry({"notes": {"soundfont": "FluidR3"}})["licence"] == "MIT"


def test_a_commit_and_whether_files_differ_from_it(tmp_path):
    assert record.commit(tmp_path) == "unknown"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    (tmp_path / "file").write_text("one")
    for command in (["init", "-q"], ["add", "file"], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True)
    head = record.commit(tmp_path)
    assert len(head) == 40
    (tmp_path / "file").write_text("two")
    assert record.commit(tmp_path) == f"{head} with local changes"


def test_the_card_of_a_run(tmp_path):
    run = simulated_run.write(tmp_path / "run", Shape(audio=False))
    configuration = {
        "run": "simulated",
        "seed": 7,
        "models": {"clap": "resources/models/clap", "text_encoder": None, "precision": "float32"},
    }
    command = [
        *(sys.executable, "scripts/write_run_card.py", "--configuration", json.dumps(configuration)),
        *("--command", "snakemake --cores 2", "--emergence", str(run / "emergence.parquet")),
        *("--prompts", "8", "--notes", str(run / "notes/notes.parquet")),
        *("--clips", "48", "--readme", str(tmp_path / "README.md"), "--output", str(tmp_path / "run.json")),
    ]
    subprocess.run(command, check=True, cwd=ROOT)
    card = json.loads((tmp_path / "run.json").read_text())
    assert card["counts"] == {"prompts": 8, "clips": 48, "notes": 72, "concepts": 2}
    assert card["configuration"] == configuration
    assert [model["role"] for model in card["models"]] == ["hears it"]
    assert card["seed"] == 7
    said = (tmp_path / "README.md").read_text()
    for word in (
        "# Run simulated",
        "8 prompts, 48 clips, 72 notes",
        "stand-in",
        "emergence.parquet",
        "    snakemake --cores 2\n",
    ):
        assert word in said
    assert card["version"] == record.version(ROOT / "CITATION.cff")
