import itertools

import numpy as np
import pytest
from musicologist.statistics import nulls
from musicologist.statistics.auc import placements
from scipy import stats
from sklearn.metrics import roc_auc_score


def example(seed=0, prompts=20, samples=3, levels=4):
    rng = np.random.default_rng(seed)
    index = np.repeat(np.arange(prompts), samples)
    labels = (np.arange(prompts) < 6).astype(int)
    return rng.normal(size=(levels, prompts * samples)).round(1), index, labels


def test_permuted_areas_are_those_of_permuted_labels():
    decision, prompts, labels = example()
    null = nulls.permuted_labels(decision, prompts, labels, 30, seed=3)
    dealt = np.random.default_rng(3).permuted(np.tile(labels.astype(float), (30, 1)), axis=1)
    expected = [[roc_auc_score(deal[prompts], level) for level in decision] for deal in dealt]
    assert np.abs(null - expected).max() < 1e-12


def test_prompts_may_have_different_numbers_of_clips():
    decision, prompts, labels = example()
    kept = np.r_[0, 3:60]
    null = nulls.permuted_labels(decision[:, kept], prompts[kept], labels, 30, seed=3)
    dealt = np.random.default_rng(3).permuted(np.tile(labels.astype(float), (30, 1)), axis=1)
    assert null[7, 2] == pytest.approx(roc_auc_score(dealt[7][prompts[kept]], decision[2, kept]), abs=1e-12)


def test_with_one_level_p_is_scipys_permutation_test():
    rng = np.random.default_rng(0)
    labels = np.array([1, 1, 1, 0, 0, 0, 0])
    decision = rng.normal(labels, 1)[None]
    observed = roc_auc_score(labels, decision[0])
    every = [roc_auc_score(np.isin(np.arange(7), ones), decision[0]) for ones in itertools.combinations(range(7), 3)]
    exact = stats.permutation_test(
        (decision[0][:3], decision[0][3:]),
        lambda a, b: stats.mannwhitneyu(a, b).statistic,
        alternative="greater",
        permutation_type="independent",
    )
    assert np.mean(np.array(every) >= observed - 1e-12) == pytest.approx(exact.pvalue, abs=1e-12)
    sampled = nulls.max_t(np.array([observed]), nulls.permuted_labels(decision, np.arange(7), labels, 20000, 0))
    assert sampled.p == pytest.approx(exact.pvalue, abs=0.01)


def test_levels_above_the_critical_height_are_those_with_an_adjusted_p_of_five_percent():
    decision, prompts, labels = example()
    null = nulls.permuted_labels(decision, prompts, labels, 999, seed=3)
    for height in np.linspace(0.4, 1, 61):
        verdict = nulls.max_t(np.full(4, height), null)
        assert ((verdict.adjusted <= 0.05) == (height > verdict.critical)).all()
    assert nulls.max_t(np.ones(4), null).p == pytest.approx(1 / 1000)


def test_a_curve_of_the_null_is_called_in_one_of_twenty_cases():
    called = 0
    for seed in range(200):
        decision, prompts, labels = example(seed)
        null = nulls.permuted_labels(decision, prompts, labels, 199, seed)
        observed = np.array([placements(level, labels[prompts])[labels[prompts] == 1].mean() for level in decision])
        called += nulls.max_t(observed, null).p <= 0.05
    assert 1 <= called <= 22  # mean 10, four standard deviations


def test_what_is_not_known_stays_so():
    null = np.random.default_rng(0).normal(0.5, 0.1, (99, 2))
    assert np.isnan(nulls.max_t(np.array([np.nan, 0.9]), null).p)
    constant = nulls.max_t(np.array([0.5, 0.5]), np.full((99, 2), 0.5))
    assert (constant.adjusted == 1).all()


def test_q_values_are_scipys():
    p = np.random.default_rng(0).uniform(size=40) ** 2
    assert nulls.benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p), abs=1e-12)
    holes = np.insert(p, [3, 20], np.nan)
    q = nulls.benjamini_hochberg(holes)
    assert np.isnan(q[[3, 21]]).all()
    assert q[~np.isnan(q)] == pytest.approx(stats.false_discovery_control(p), abs=1e-12)
    assert np.isnan(nulls.benjamini_hochberg(np.array([np.nan]))).all()
