import numpy as np
import pytest
from musicologist.emergence import curve
from musicologist.emergence.scored_clips import ScoredClips
from musicologist.statistics import auc, power
from musicologist.statistics.power import Plan
from scipy.special import ndtri


def simulated(plan, final, rng, levels=1):
    """Scored clips of a curve that has this AUC at its last level and .5 before it."""
    prompts = int(plan.positives + plan.negatives)
    labels = (np.arange(prompts) < plan.positives).astype(int)
    clips = np.repeat(np.arange(prompts), plan.samples)
    shared = np.sqrt(plan.correlation) * rng.normal(size=prompts)[clips]
    decision = shared + np.sqrt(1 - plan.correlation) * rng.normal(size=(levels, len(clips)))
    decision[-1] += np.sqrt(2) * ndtri(final) * labels[clips]
    return ScoredClips.from_arrays(decision, labels, clips, np.geomspace(100, 1, levels) if levels > 1 else [1.0])


@pytest.mark.parametrize(("final", "correlation"), [(0.5, 0.5), (0.8, 0.2), (0.9, 0.8)])
def test_the_variance_is_that_of_simulated_experiments(final, correlation):
    plan, rng = Plan(20, 60, 3, correlation), np.random.default_rng(0)
    drawn = [simulated(plan, final, rng) for _ in range(1500)]
    areas = [auc.area(clips.decision[0], clips.clip_labels) for clips in drawn]
    assert np.mean(areas) == pytest.approx(final, abs=0.01)
    assert power.covariance(plan, final, final) == pytest.approx(np.var(areas), rel=0.12)


@pytest.mark.slow
@pytest.mark.parametrize(("positives", "final"), [(6, 0.80), (20, 0.68), (60, 0.63)])
def test_concepts_are_found_as_often_as_predicted(positives, final):
    plan, levels = Plan(positives, 120 - positives, 2, 0.5), 4
    settings = curve.Settings(resamples=10, permutations=200)
    found, heights = [], []
    for seed in range(120):
        verdict, _ = curve.outline(simulated(plan, final, np.random.default_rng(seed), levels), settings)
        found.append(verdict.adjusted[-1] <= 0.05)
        heights.append(verdict.critical[-1])
    predicted = power.detection(plan, final, power.looks(plan, float(np.mean(heights))))
    assert 0.2 < predicted < 0.95
    assert np.mean(found) == pytest.approx(predicted, abs=0.1)


def test_more_prompts_find_more_than_more_clips_of_the_same():
    seven, two = Plan(20, 900, 7, 0.8), Plan(70, 3150, 2, 0.8)
    assert power.smallest(two, 5) < power.smallest(seven, 5) < power.smallest(Plan(20, 900, 1, 0.8), 5)
    assert power.half_excess_factor(two, 0.7, 0.5) < power.half_excess_factor(seven, 0.7, 0.5)
    assert np.isnan(power.smallest(Plan(1, 3, 1, 0.5), 5))
