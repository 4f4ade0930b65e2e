"""The tables of docs/ROBUSTNESS.md and docs/LICENSES.md, held against what there is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_test_that_robustness_names_is_there_and_each_test_of_faults_is_named():
    text = (ROOT / "docs/ROBUSTNESS.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:unit|workflow)/[\w/]+\.py)`", text))
    assert named and not [name for name in named if not (ROOT / "tests" / name).is_file()]
    there = {path.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests/unit/faults").glob("test_*.py")}
    assert there <= named


def test_every_package_that_is_pinned_has_a_licence_in_the_table():
    text = (ROOT / "docs/LICENSES.md").read_text(encoding="utf-8")
    cells = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) for name in row.split(",")}
    files = ("requirements.txt", "requirements-nodeps.txt")
    lines = [line for file in files for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    pinned = {match[1] for line in lines if (match := re.match(r"([A-Za-z0-9_-]+) *(?:==|@)", line))}
    assert len(pinned) > 30
    assert not pinned - cells
