import numpy as np
import pytest
from musicologist.statistics.components import components
from sklearn.decomposition import PCA


def test_components_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(200, 30)) * np.arange(1, 31)).astype(np.float32)
    expected, found = PCA(2, svd_solver="full").fit(rows), components(rows, 2)
    assert found.directions == pytest.approx(expected.components_, abs=1e-5)
    assert found.shares == pytest.approx(expected.explained_variance_ratio_, rel=1e-5)
    assert found.transform(rows) == pytest.approx(expected.transform(rows), abs=1e-3)
    points = rng.normal(size=(7, 2))
    assert found.inverse_transform(points) == pytest.approx(expected.inverse_transform(points), abs=1e-5)
