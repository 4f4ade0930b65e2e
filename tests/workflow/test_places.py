"""From any folder: another working directory, and another workflow that has this one as a module; the products are the same."""

import subprocess
import sys

import pytest

from tests.workflow.conftest import Checkout
from tests.workflow.products import differences

# A stage of each kind: prompts, notes, a concept, and one that loads a model.
TARGETS = (
    "results/small/prompts/annotations.parquet",
    "results/small/concepts/is_brass/dataset.parquet",
    "results/small/embeddings/texts.parquet",
)
CALLER = """configfile: "small.yaml"


module musicologist:
    snakefile: "{checkout}/Snakefile"
    config: config


use rule * from musicologist
"""


@pytest.fixture(scope="module")
def ordinary(checkout):
    checkout.run(*TARGETS)
    return checkout


def snakemake(checkout, folder, *arguments):
    command = [sys.executable, "-m", "snakemake", *arguments]
    done = subprocess.run(command, cwd=folder, env=checkout.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def test_from_another_folder_and_from_a_checkout_that_was_moved(ordinary, tmp_path):
    folder = tmp_path / "another place"
    folder.mkdir()

    def run(checkout, *arguments):
        places = ("-s", checkout / "Snakefile", "-d", folder, "--configfile", checkout / "tests/workflow/small.yaml")
        return snakemake(checkout, tmp_path, *places, "--cores", "1", *arguments)

    run(ordinary, *TARGETS)
    assert differences(ordinary / "results/small", folder / "results/small") == []
    assert {path.name for path in folder.iterdir()} <= {".snakemake", ".cache", "logs", "results"}
    assert "Nothing to be done" in run(Checkout(tmp_path / "moved to"), "-n", *TARGETS)


def test_as_a_module_of_another_workflow(ordinary, tmp_path):
    (tmp_path / "Snakefile").write_text(CALLER.format(checkout=ordinary.path))
    (tmp_path / "small.yaml").write_bytes((ordinary / "tests/workflow/small.yaml").read_bytes())
    snakemake(ordinary, tmp_path, "--cores", "1", *TARGETS)
    # a caller's run keeps no copies of what was planned: its jobs read the files themselves
    kept = {f"planned/{name}" for name in ("concepts.yaml", "config.json", "original_labels.yaml")}
    assert set(differences(ordinary / "results/small", tmp_path / "results/small")) == kept
    assert "Nothing to be done" in snakemake(ordinary, tmp_path, "--cores", "1", "-n", *TARGETS)
