"""`snakemake export` as others meet it: every part of the folder opens with Hugging Face's datasets."""

import json
import subprocess
import sys

import pyarrow.parquet as pq

from tests.environments.test_environments import FOLDER, OPEN
from tests.workflow.conftest import Checkout

DATASETS = "datasets==5.2.0"
LOAD = """
import json, sys
import datasets

folder = sys.argv[1]
names = datasets.get_dataset_config_names(folder)
parts = {name: datasets.load_dataset(folder, name, split="train") for name in names}
told = {name: {"rows": part.num_rows, "columns": part.column_names, "first": part[0]} for name, part in parts.items()}
print(json.dumps({"default": datasets.load_dataset(folder, split="train").num_rows, **told}, default=str))
"""


def python_with_datasets():
    """An environment with datasets alone, kept from run to run."""
    folder = FOLDER / DATASETS
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", DATASETS], check=True, env=OPEN)
        (folder / "done").touch()
    return folder / "bin/python"


def test_every_part_of_an_exported_run_is_loaded(tmp_path):
    checkout = Checkout(tmp_path / "checkout")
    checkout.run("export")
    export = checkout / "results/small/export"
    environment = {**OPEN, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [python_with_datasets(), "-c", LOAD, export], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert list(found) == ["default", "emergence", "scores", "prompts", "annotations"]
    for name, part in ((name, part) for name, part in found.items() if name != "default"):
        tables = [pq.read_table(path) for path in sorted((export / "data" / name).iterdir())]
        assert part["rows"] == sum(table.num_rows for table in tables)
        assert part["columns"] == tables[0].column_names
        assert part["first"].keys() == tables[0].slice(0, 1).to_pylist()[0].keys()
    assert found["default"] == found["emergence"]["rows"]
    assert found["emergence"]["first"]["concept"] == "is_brass"
