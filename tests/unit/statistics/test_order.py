import numpy as np
import pytest
from musicologist.statistics import landmarks
from scipy import stats

TIMES = np.random.default_rng(0).normal([3, 2, 2, 0], 0.7, size=(200, 4)).round(1)


def test_precedence_counts_who_is_earlier_and_ties_as_a_half():
    found = landmarks.precedence(TIMES)
    a, b = TIMES[:, 0], TIMES[:, 1]
    assert found[0, 1] == pytest.approx((a > b).mean() + (a == b).mean() / 2)
    assert found + found.T == pytest.approx(np.where(np.eye(4), np.nan, 1.0), nan_ok=True)
    some = TIMES.copy()
    some[:50, 1] = np.nan
    assert landmarks.precedence(some)[0, 1] == pytest.approx((a > b)[50:].mean() + (a == b)[50:].mean() / 2)


def test_ranks_are_scipys_the_earliest_first():
    assert np.array_equal(landmarks.ranks(TIMES), stats.rankdata(-TIMES, axis=1))
    some = TIMES.copy()
    some[:, 2] = np.nan
    assert np.array_equal(landmarks.ranks(some)[:, [0, 1, 3]], stats.rankdata(-TIMES[:, [0, 1, 3]], axis=1))
    assert np.isnan(landmarks.ranks(some)[:, 2]).all()


def test_tau_is_scipys_and_leaves_out_what_one_side_lacks():
    other = TIMES[::-1]
    found = landmarks.kendall_tau_b(TIMES, other)
    expected = [stats.kendalltau(a, b).statistic for a, b in zip(TIMES, other, strict=True)]
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)
    some = TIMES.copy()
    some[:, 0] = np.nan
    expected = [stats.kendalltau(a, b).statistic for a, b in zip(TIMES[:, 1:], other[:, 1:], strict=True)]
    assert landmarks.kendall_tau_b(some, other) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert np.isnan(landmarks.kendall_tau_b(np.ones((1, 4)), other[:1])[0])


def test_two_that_were_there_from_the_start_are_a_tie():
    times = np.array([[np.inf, np.inf, 1.0]])
    assert landmarks.precedence(times)[0, 1] == 0.5
    assert landmarks.ranks(times).tolist() == [[1.5, 1.5, 3.0]]
    assert landmarks.kendall_tau_b(times, times) == pytest.approx(1)
