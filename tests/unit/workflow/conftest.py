"""Where the tests of this wing stand: in the checkout's files without what runs have left there."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LEFT_BY_RUNS = {"results", "logs", ".snakemake"}


@pytest.fixture(scope="session")
def without_runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for entry in ROOT.iterdir():
        if entry.name not in LEFT_BY_RUNS:
            (folder / entry.name).symlink_to(entry)
    return folder


@pytest.fixture(autouse=True)
def no_earlier_run(without_runs, monkeypatch):
    """A run that lies in the checkout's results/ refuses other inputs under its name."""
    monkeypatch.chdir(without_runs)
