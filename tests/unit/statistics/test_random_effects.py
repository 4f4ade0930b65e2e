"""The mean of quantities whose errors are correlated."""

import numpy as np
import pytest
from musicologist.statistics import random_effects


@pytest.mark.parametrize("tau", [0.0, 0.8])
def test_the_interval_covers_whether_the_quantities_differ_or_not(tau):
    rng = np.random.default_rng(0)
    mix = np.linalg.cholesky(0.02 + 0.05 * np.eye(10))
    covered, alone = [], []
    for _ in range(400):
        measured = 0.5 + tau * rng.normal(size=10) + mix @ rng.normal(size=10)
        values = np.vstack([measured, measured + rng.normal(size=(200, 10)) @ mix.T])
        mean = random_effects.mean(values, 40)
        covered.append(mean.low <= 0.5 <= mean.high)
        alone.append(abs(measured.mean() - 0.5) <= 1.96 * values[1:].mean(1).std())
    assert 0.92 <= np.mean(covered) <= 0.985
    assert (np.mean(alone) < 0.9) == bool(tau)  # the errors alone do not hold where the quantities differ


def test_independent_errors_are_those_of_dersimonian_and_laird():
    """Equal variances, where their weights are equal: tau squared is the sample variance less the errors'."""
    measured, error = np.array([0.0, 1.0, 2.0, 5.0]), 0.3
    rng = np.random.default_rng(1)
    values = np.vstack([measured, measured + error * rng.normal(size=(20_000, 4))])
    mean = random_effects.mean(values, 30)
    assert mean.value == 2 and mean.count == 4
    assert mean.spread**2 == pytest.approx(measured.var(ddof=1) - error**2, abs=0.02)


def test_what_was_not_measured_is_left_out_and_one_quantity_has_no_mean():
    rng = np.random.default_rng(2)
    values = np.vstack([[0.0, 1.0, np.nan, 3.0], np.arange(4) + rng.normal(size=(100, 4))])
    values[1:20, 3] = -np.inf  # resamples in which it did not come up
    mean = random_effects.mean(values, 30)
    assert mean.count == 3 and mean.value == pytest.approx(4 / 3)
    assert np.isnan(random_effects.mean(values[:, :1], 30).value)
    values[1:60, 3] = np.inf
    assert np.isnan(random_effects.mean(values, 30).low)
