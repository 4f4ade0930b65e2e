import numpy as np
import pytest
from musicologist.statistics import metrics
from sklearn.metrics import balanced_accuracy_score


@pytest.mark.parametrize("prior", [0.0, 0.2, 0.5, 1.0])
def test_as_many_are_called_as_the_prior_says(prior):
    decision = np.random.default_rng(0).normal(size=50)
    assert (decision > metrics.matching_prior(decision, prior)).mean() == pytest.approx(prior)


def test_the_best_threshold_is_the_best_of_all():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 60)
    decision = rng.normal(labels, 1).round(1)
    best = metrics.best_balanced(decision, labels)
    every = [balanced_accuracy_score(labels, decision > cut) for cut in np.r_[-np.inf, np.unique(decision)]]
    assert balanced_accuracy_score(labels, decision > best) == pytest.approx(max(every))


def test_cross_fitting_cures_a_shifted_threshold_and_flatters_no_noise():
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.arange(60), 4)
    labels = (prompts % 3 == 0).astype(int)
    shifted = labels * 3 + rng.normal(size=240) - 100
    cut = metrics.cross_fitted(shifted, labels, prompts, 5, seed=1)
    assert balanced_accuracy_score(labels, shifted > cut) > 0.9
    assert all(len(set(cut[prompts == number])) == 1 for number in range(60))
    noise = []
    for seed in range(30):
        values = np.random.default_rng(seed).normal(size=60)[prompts]
        found = metrics.cross_fitted(values, labels, prompts, 5, seed)
        noise.append(balanced_accuracy_score(labels, values > found))
    assert 0.45 < np.mean(noise) < 0.53


def test_two_prompts_a_side_are_enough():
    prompts = np.array([0, 0, 1, 2, 3])
    labels = np.array([1, 1, 1, 0, 0])
    assert np.isfinite(metrics.cross_fitted(labels + 0.0, labels, prompts, 5, 0)).all()
