import numpy as np
import pytest
from musicologist.statistics import bootstrap


def test_draws_have_as_many_prompts_as_there_are_and_are_the_same_each_time():
    drawn = bootstrap.draws(30, 200, seed=1)
    assert drawn.shape == (30, 200)
    assert (drawn.sum(0) == 30).all()
    assert np.array_equal(drawn, bootstrap.draws(30, 200, seed=1))
    assert not np.array_equal(drawn, bootstrap.draws(30, 200, seed=2))
    assert drawn.var() == pytest.approx(1 - 1 / 30, rel=0.1)


def test_the_interval_is_numpys_percentile_and_leaves_out_what_is_not_defined():
    values = np.random.default_rng(0).normal(size=501)
    assert bootstrap.interval(values) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])))
    assert bootstrap.interval(np.r_[values, [np.nan] * 50]) == bootstrap.interval(values)
    assert np.isnan(bootstrap.interval(np.r_[1.0, [np.nan] * 3])).all()
    assert np.isnan(bootstrap.interval(np.array([]))).all()


def test_resamples_beyond_the_last_level_count():
    low, high = bootstrap.interval(np.r_[[-np.inf] * 10, np.linspace(0, 1, 90)])
    assert low == -np.inf
    assert high == pytest.approx(0.97, abs=0.02)
