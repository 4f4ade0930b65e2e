import numpy as np
import pytest
from musicologist.statistics import folds
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold


def same(found, expected):
    return len(found) == len(expected) and all(
        np.array_equal(mine, other)
        for pair in zip(found, expected, strict=True)
        for mine, other in zip(*pair, strict=True)
    )


@pytest.mark.parametrize("seed", range(12))
def test_grouped_folds_are_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    size, names, count = int(rng.integers(40, 400)), int(rng.integers(6, 60)), int(rng.integers(2, 6))
    groups = np.array([f"i{number:03d}" for number in rng.integers(0, names, size)])
    mixed = rng.integers(0, 2, size)  # instruments with notes on both sides
    whole = np.unique(groups, return_inverse=True)[1] % 2  # and on one
    for labels in (mixed, whole):
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        assert same(folds.grouped(labels, groups, count, seed), list(splitter.split(groups, labels, groups)))


@pytest.mark.parametrize("seed", range(6))
def test_stratified_folds_are_scikit_learns(seed):
    labels = np.random.default_rng(seed).integers(0, 2, 50 + 7 * seed)
    splitter = StratifiedKFold(3, shuffle=True, random_state=seed)
    assert same(folds.stratified(labels, 3, seed), list(splitter.split(labels, labels)))
