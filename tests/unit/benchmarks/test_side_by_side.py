import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from benchmarks import side_by_side

pytestmark = pytest.mark.slow

SMALL = {
    "labels": partial(side_by_side.prepare_labels, notes=40),
    "svm": partial(side_by_side.prepare_scores, clips=200, notes=120),
    "logistic": partial(side_by_side.prepare_scores, clips=200, notes=120),
    "gif": partial(side_by_side.prepare_gif, notes=80, clips=20),
    "packing": partial(side_by_side.prepare_packing, notes=12),
}
"""The embedding of full size is left to the program itself, but for its imports."""
IMPORTING = {f"{task.naive_imports} {task.our_imports}": name for name, task in side_by_side.TASKS.items()}
"""A task of each set of modules."""


@pytest.mark.parametrize("name", SMALL)
def test_both_ways_find_the_same(tmp_path, name, monkeypatch):
    monkeypatch.setattr(side_by_side, "_STEPS", 3)
    task = side_by_side.TASKS[name]
    SMALL[name](tmp_path)
    expected, found = task.naive(tmp_path).astype(float), task.ours(tmp_path).astype(float)
    assert expected.shape == found.shape
    assert np.abs(expected - found).max() <= task.tolerance * (expected.std() or 1)


@pytest.mark.parametrize("name", IMPORTING.values())
@pytest.mark.parametrize("step", ["naive", "ours"])
def test_each_way_is_timed_in_a_process_that_has_imported_what_it_needs(tmp_path, name, step):
    """Its modules are imported before the clock of its work runs, whatever the work then finds."""
    program = (
        "import dataclasses, sys\nfrom pathlib import Path\nimport numpy as np\nfrom benchmarks import side_by_side\n"
        f"task = side_by_side.TASKS[{name!r}]\nway = lambda folder: np.array(len(sys.modules))\n"
        f"task = dataclasses.replace(task, naive=way, ours=way)\nside_by_side.work(task, {step!r}, Path({str(tmp_path)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=side_by_side.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float((tmp_path / f"{step}.seconds").read_text()) >= 0
    assert np.load(tmp_path / f"{step}.npy") > 100
