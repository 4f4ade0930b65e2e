import numpy as np
import pytest
from musicologist.statistics import bootstrap, metrics
from sklearn import metrics as reference


def example(seed=0, prompts=40, samples=3, ties=True):
    rng = np.random.default_rng(seed)
    prompt = rng.permutation(np.repeat(np.arange(prompts), samples))[: prompts * samples - 5]  # prompts of unequal size
    label = (np.arange(prompts) % 3 == 0).astype(int)
    decision = rng.normal(label[prompt] * 0.8, 1) + rng.normal(0, 0.7, prompts)[prompt]
    return decision.round(1) if ties else decision, prompt, label


def measured(decision, prompt, label, drawn):
    calls = {"": decision > 0, "_prior": decision > 0.5, "_cv": decision > -0.5}
    return metrics.metrics(decision, calls, prompt, label, drawn)


def expected(decision, label):
    found = {
        "accuracy": reference.accuracy_score(label, decision > 0),
        "tpr": reference.recall_score(label, decision > 0),
        "tnr": reference.recall_score(1 - label, decision <= 0),
        "roc_auc": reference.roc_auc_score(label, decision),
        "average_precision": reference.average_precision_score(label, decision),
        "ap_over_prevalence": reference.average_precision_score(label, decision) / label.mean(),
    }
    for point, cut in (("", 0), ("_prior", 0.5), ("_cv", -0.5)):
        found[f"balanced_accuracy{point}"] = reference.balanced_accuracy_score(label, decision > cut)
    return found


@pytest.mark.parametrize("ties", [True, False])
def test_metrics_are_scikit_learns(ties):
    decision, prompt, label = example(ties=ties)
    found = measured(decision, prompt, label, np.ones((40, 1)))
    assert list(found) == list(metrics.METRICS)
    assert {name: values[0] for name, values in found.items()} == pytest.approx(
        expected(decision, label[prompt]), abs=1e-12
    )


@pytest.mark.parametrize("ties", [True, False])
def test_drawing_a_prompt_twice_is_the_same_as_having_its_clips_twice(ties):
    decision, prompt, label = example(ties=ties)
    drawn = bootstrap.draws(40, 20, seed=1)
    found = measured(decision, prompt, label, drawn)
    for number in (1, 7, 19):
        again = np.repeat(np.arange(len(prompt)), drawn[prompt, number].astype(int))
        there = {name: values[number] for name, values in found.items()}
        assert there == pytest.approx(expected(decision[again], label[prompt][again]), abs=1e-5)


def test_a_resample_without_a_label_is_not_defined():
    decision, prompt, label = example()
    drawn = np.stack([label, 1 - label, np.ones(40)], axis=1).astype(float)
    found = measured(decision, prompt, label, drawn)
    for values in found.values():
        assert np.isnan(values).tolist() == [True, True, False]


def test_values_by_prompt_keep_their_order_and_leave_holes():
    matrix = metrics.by_prompt(np.array([5.0, 1.0, 7.0]), np.array([2, 0, 2]), 4)
    assert matrix.shape == (4, 2)
    assert matrix[2].tolist() == [5.0, 7.0]
    assert np.isnan(matrix[[1, 3]]).all() and np.isnan(matrix[0, 1])
