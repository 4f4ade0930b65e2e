import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import simulated_run
from tests.support.simulated_run import Shape

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[3] / "scripts/write_listening_page.py"
SMALL = Shape(prompts=6, steps=(0, 9), notes_a_side=6)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return simulated_run.write(tmp_path_factory.mktemp("run"), SMALL)


def write(run: Path, out: Path, **changed) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *simulated_run.arguments(run, SMALL, out, **changed)]
    return subprocess.run(command, capture_output=True, text=True)


def data(page: Path) -> dict:
    return json.loads(
        re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)[1]
    )


@pytest.mark.parametrize("changed", [{}, {"single_file_mb": 0}], ids=["one file", "folder"])
def test_the_same_run_gives_the_same_bytes(run, tmp_path, changed):
    found = []
    for name in ("one", "two"):
        assert write(run, tmp_path / name, **changed).returncode == 0
        found.append(
            {
                path.relative_to(tmp_path / name): path.read_bytes()
                for path in sorted((tmp_path / name).rglob("*"))
                if path.is_file()
            }
        )
    assert found[0] == found[1]
    assert len(found[0]) > 2 or not changed


def test_foreign_text_ends_no_element(run, tmp_path):
    assert write(run, tmp_path).returncode == 0
    page = (tmp_path / "index.html").read_text()
    assert "<script>alert" not in page
    assert data(tmp_path / "index.html")["prompts"]["0"]["text"] == simulated_run.HOSTILE
    assert "a <model>" not in page


def test_originals_are_named_and_there(run, tmp_path):
    assert write(run, tmp_path).returncode == 0
    with open(tmp_path / "clips/clips.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    audio = [row for row in rows if row["tar"].startswith("audio/")]
    assert len(audio) == 6 * 2 * 2
    assert all((run / row["tar"]).is_file() for row in rows)


def test_prompts_and_samples_limit_what_is_heard(run, tmp_path):
    assert write(run, tmp_path, prompts=2).returncode == 0
    found = data(tmp_path / "index.html")
    heard = [name for name, clip in found["clips"].items() if clip["corpus"] == "audio"]
    assert len(heard) == 2
    sides = [{concept["ranks"][name]["side"] for name in heard} for concept in found["concepts"]]
    assert sides == [{"asked", "other"}, {"asked", "other"}]
    assert found["concepts"][0]["ranks"][heard[0]]["of"] == 3


def test_a_missing_table_is_one_sentence(run, tmp_path):
    done = write(run, tmp_path, order=run / "nothing.json")
    assert done.returncode == 1
    assert "nothing.json is no readable JSON" in done.stderr.splitlines()[-1]
    done = write(run, tmp_path, emergence=run / "order.json")
    assert done.returncode == 1
    assert "order.json is no readable table" in done.stderr.splitlines()[-1]
