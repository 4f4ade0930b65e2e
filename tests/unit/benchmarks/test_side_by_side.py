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
"""The embedding of full size is left to the program itself."""


@pytest.mark.parametrize("name", SMALL)
def test_both_ways_find_the_same(tmp_path, name):
    task = side_by_side.TASKS[name]
    SMALL[name](tmp_path)
    expected, found = task.naive(tmp_path).astype(float), task.ours(tmp_path).astype(float)
    assert expected.shape == found.shape
    assert np.abs(expected - found).max() <= task.tolerance * (expected.std() or 1)
