import numpy as np
import pytest
from musicologist.probes import linear
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression


def some(rows, size, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    return rng.normal(size=(rows, size)) * np.linspace(0.5, 3, size) + labels[:, None] * rng.normal(size=size), labels


@pytest.mark.parametrize("strength", [0.1, 1.0, 100.0])
def test_logistic_regression_is_scikit_learns(strength):
    features, labels = some(150, 6, 0)
    features /= features.std(0)
    expected = LogisticRegression(C=strength, max_iter=5000, tol=1e-9).fit(features, labels)
    found = linear.logistic(features, labels, strength)
    assert found.weights == pytest.approx(expected.coef_[0], abs=1e-4 * np.abs(expected.coef_).max())
    assert found.decision_function(features) == pytest.approx(expected.decision_function(features), abs=1e-3)


def test_logistic_regression_ends_where_the_sides_are_apart():
    features = np.r_[np.full(20, -1.0), np.full(20, 1.0)][:, None] * [5.0, 3.0]
    found = linear.logistic(features, np.repeat([0, 1], 20), 1e6)
    assert np.isfinite(found.weights).all()
    assert (found.decision_function(features) > 0).tolist() == [False] * 20 + [True] * 20


@pytest.mark.parametrize(("rows", "size"), [(200, 8), (30, 40), (6, 12)])
def test_discriminants_are_scikit_learns(rows, size):
    features, labels = some(rows, size, rows)
    features[:, 0] = 3.3  # a feature that is the same everywhere
    expected = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(features, labels)
    found = linear.discriminants(features, labels)
    assert found.decision_function(features) == pytest.approx(expected.decision_function(features), abs=1e-6)


def test_one_clip_a_side_says_nothing():
    assert np.array_equal(linear.discriminants(np.eye(2), np.array([0, 1])).weights, [0, 0])
