import numpy as np
import pytest
from musicologist.statistics import bootstrap
from scipy import stats


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


def test_an_expanded_interval_is_wider_the_fewer_clusters_there_are():
    values = np.random.default_rng(0).normal(size=20_000)
    plain = bootstrap.interval(values)
    widths = [np.subtract(*bootstrap.interval(values, clusters=n)[::-1]) for n in (5, 20, 1000)]
    assert widths[0] > widths[1] > widths[2] > np.subtract(*plain[::-1])
    # of a mean of normal values the bootstrap's standard error is sqrt((n - 1) / n) times the usual: Student's interval
    expected = 2 * stats.t.ppf(0.975, 19) * np.sqrt(20 / 19)
    assert widths[1] == pytest.approx(expected, rel=0.03)
