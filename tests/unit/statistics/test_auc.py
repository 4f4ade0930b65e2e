import numpy as np
import pytest
from musicologist.statistics import agreement, auc
from scipy import stats
from sklearn import metrics as reference


def example(seed=0, prompts=30, samples=3, ties=True):
    rng = np.random.default_rng(seed)
    prompt = np.repeat(np.arange(prompts), samples)
    label = (prompt % 3 == 0).astype(int)
    decision = rng.normal(label * 0.8, 1) + np.repeat(rng.normal(0, 0.7, prompts), samples)
    return decision.round(1) if ties else decision, label, prompt


@pytest.mark.parametrize("ties", [True, False])
def test_ranks_and_area_are_scipys_and_scikit_learns(ties):
    decision, label, prompt = example(ties=ties)
    assert np.array_equal(auc.midranks(decision), stats.rankdata(decision))
    found = auc.clustered(decision, label, prompt)
    assert found.value == pytest.approx(reference.roc_auc_score(label, decision), abs=1e-12)
    assert auc.placements(decision, label)[label == 0].mean() == pytest.approx(found.value, abs=1e-12)


@pytest.mark.parametrize("ties", [True, False])
def test_with_one_clip_a_prompt_it_is_the_test_of_brunner_and_munzel(ties):
    decision, label, _ = example(ties=ties, samples=1)
    found = auc.clustered(decision, label, np.arange(len(label)))
    test = stats.brunnermunzel(decision[label == 0], decision[label == 1])
    statistic = (found.value - 0.5) / np.sqrt(found.variance)
    assert statistic == pytest.approx(test.statistic, abs=1e-9)
    assert 2 * stats.t.sf(abs(statistic), found.freedom) == pytest.approx(test.pvalue, abs=1e-9)
    assert found.variance == pytest.approx(found.variance_iid, abs=1e-12)
    assert found.design_effect == pytest.approx(1, abs=1e-9)


def test_copies_of_a_clip_add_nothing_but_look_as_if_they_did():
    decision, label, prompt = example(samples=1)
    once = auc.clustered(decision, label, prompt)
    copied = auc.clustered(*(np.repeat(part, 4) for part in (decision, label, prompt)))
    assert copied.variance == pytest.approx(once.variance, abs=1e-12)
    assert copied.freedom == pytest.approx(once.freedom, abs=1e-9)
    assert copied.design_effect == pytest.approx(4, rel=0.1)


def test_the_variance_is_that_of_the_jackknife_over_prompts():
    decision, label, prompt = example(prompts=90, samples=4)
    found = auc.clustered(decision, label, prompt)
    parts = []
    for side in (0, 1):
        names = np.unique(prompt[label == side])
        left = np.array([reference.roc_auc_score(label[prompt != n], decision[prompt != n]) for n in names])
        parts.append((len(names) - 1) / len(names) * ((left - left.mean()) ** 2).sum())
    assert found.variance == pytest.approx(sum(parts), rel=0.05)


def test_the_variance_of_a_difference_is_that_of_the_jackknife_over_prompts():
    decision, label, prompt = example(prompts=90, samples=4)
    other = decision + np.random.default_rng(3).normal(size=len(decision))
    found = auc.difference(other, decision, label, prompt)

    def apart(keep):
        first, second = (reference.roc_auc_score(label[keep], one[keep]) for one in (other, decision))
        return first - second

    assert found.value == pytest.approx(apart(prompt >= 0), abs=1e-12)
    parts = []
    for side in (0, 1):
        names = np.unique(prompt[label == side])
        left = np.array([apart(prompt != name) for name in names])
        parts.append((len(names) - 1) / len(names) * ((left - left.mean()) ** 2).sum())
    assert found.variance == pytest.approx(sum(parts), rel=0.05)
    alone = auc.clustered(other, label, prompt).variance + auc.clustered(decision, label, prompt).variance
    assert found.variance < alone  # what both hear of a clip cancels


def test_a_cluster_may_hold_both_labels():
    rng = np.random.default_rng(1)
    prompt = np.repeat(np.arange(200), 2)
    label = np.tile([0, 1], 200)
    decision = label + np.repeat(rng.normal(size=200), 2) * 3 + 0.1 * rng.normal(size=400)
    both = auc.clustered(decision, label, prompt)
    apart = auc.clustered(decision, label, np.arange(400))
    assert both.variance < apart.variance / 2  # what the two share cancels in their difference


def test_the_interval_is_inside_zero_and_one_and_honest_where_nothing_is_confused():
    decision, label, prompt = example()
    low, high = auc.interval(auc.clustered(decision, label, prompt))
    assert 0 < low < auc.clustered(decision, label, prompt).value < high < 1
    low, high = auc.interval(auc.clustered(label + 0.0, label, prompt))
    assert (low, high) == (pytest.approx(0.025**0.1), 1.0)  # ten positive prompts
    assert low == pytest.approx(stats.binomtest(10, 10).proportion_ci(method="exact").low, abs=1e-9)
    assert auc.interval(auc.clustered(-label + 0.0, label, prompt)) == (0.0, pytest.approx(1 - 0.025**0.1))


def test_few_prompts_and_constant_scores_have_no_interval():
    decision, label, prompt = example(prompts=13, samples=1)  # five with the concept
    assert np.isfinite(auc.interval(auc.clustered(decision, label, prompt))).all()
    four = auc.clustered(decision[:12], label[:12], prompt[:12])
    assert four.smaller_side == 4
    assert np.isnan(auc.interval(four)).all()
    constant = auc.clustered(np.ones(13), label, prompt)
    assert constant.value == 0.5
    assert np.isnan(auc.interval(constant)).all()


def test_the_intraclass_correlation_is_that_of_the_analysis_of_variance():
    decision, label, prompt = example(prompts=12, samples=5)
    mine = label == 1
    groups = [decision[mine & (prompt == number)] for number in np.unique(prompt[mine])]
    f = stats.f_oneway(*groups).statistic
    found = agreement.icc_unbalanced(decision[mine], label[mine], prompt[mine])
    assert found == pytest.approx((f - 1) / (f - 1 + 5), abs=1e-9)
    both = agreement.icc_unbalanced(decision + 100 * label, label, prompt)
    assert both == pytest.approx(agreement.icc_unbalanced(decision, label, prompt), abs=1e-9)
    assert np.isnan(agreement.icc_unbalanced(decision, label, np.arange(len(label))))
