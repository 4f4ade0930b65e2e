import numpy as np
import pytest
from musicologist.statistics import auc, bootstrap, metrics, paired


def clips(seed, prompts=40, samples=3, shift=1.0):
    """Two decisions on the same clips in prompts, the first shifted more; labels and prompts."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(prompts) % 3 == 0, samples).astype(int)
    cluster = np.repeat(np.arange(prompts), samples)
    shared = random.normal(size=prompts)[cluster]
    first, second = (s * labels + shared + random.normal(size=len(labels)) for s in (shift, 0.5 * shift))
    return first, second, labels, cluster


def test_the_difference_is_that_of_the_areas_and_its_interval_that_of_the_bootstrap():
    first, second, labels, cluster = clips(1)
    found = paired.difference(first, second, labels, cluster, 40)
    assert found.value == pytest.approx(auc.area(first, labels) - auc.area(second, labels))
    assert found.parts.sum() == pytest.approx(0, abs=1e-12)
    drawn = bootstrap.draws(40, 4000, 1)
    of_prompts = labels.reshape(40, 3)[:, 0]
    one, other = (metrics.metrics(d, {}, cluster, of_prompts, drawn)["roc_auc"] for d in (first, second))
    low, high = paired.interval(found)
    assert high - low == pytest.approx(np.subtract(*np.nanpercentile(one - other, [97.5, 2.5])), rel=0.15)


def test_intervals_of_single_and_mean_differences_cover():
    """Two concepts with the same prompts: nominal 95 %, of 300 experiments; errors of 1.3 %."""
    truth, inside = {}, {"single": 0, "mean": 0}
    first, second, labels, _ = clips(0, prompts=30_000, samples=1)
    truth["single"] = auc.area(first, labels) - auc.area(second, labels)
    truth["mean"] = truth["single"]
    for seed in range(1, 301):
        experiments = [paired.difference(*clips(pair), 40) for pair in (seed, seed + 1000)]
        for name, found in (("single", experiments[0]), ("mean", paired.mean(experiments))):
            low, high = paired.interval(found)
            inside[name] += low <= truth[name] <= high
    assert all(0.91 <= count / 300 <= 0.985 for count in inside.values()), inside


def test_what_concepts_share_stays_in_the_error_of_their_mean():
    found = paired.difference(*clips(1), 40)
    assert np.subtract(*paired.interval(paired.mean([found, found]))) == pytest.approx(
        np.subtract(*paired.interval(found)), rel=0.03
    )


def test_where_nothing_varies_nothing_is_said():
    first, _, labels, cluster = clips(1)
    found = paired.difference(first, first, labels, cluster, 40)
    assert found.value == 0 and np.isnan(paired.interval(found)).all()
