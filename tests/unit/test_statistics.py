import numpy as np
import pytest
from musicologist import statistics
from sklearn import metrics as reference


def example(seed=0, prompts=40, samples=3, ties=True):
    rng = np.random.default_rng(seed)
    prompt = np.repeat(np.arange(prompts), samples)
    label = (prompt % 3 == 0).astype(int)
    decision = rng.normal(label * 0.8, 1) + np.repeat(rng.normal(0, 0.7, prompts), samples)
    decision = decision.round(1) if ties else decision
    return prompt, label, decision, (decision > 0).astype(int)


@pytest.mark.parametrize("ties", [True, False])
def test_metrics_equal_scikit_learns(ties):
    _, label, decision, predicted = example(ties=ties)
    found = statistics.metrics(decision, predicted, label, np.ones((1, len(label))))
    expected = {
        "accuracy": reference.accuracy_score(label, predicted),
        "tpr": reference.recall_score(label, predicted),
        "tnr": reference.recall_score(1 - label, 1 - predicted),
        "balanced_accuracy": reference.balanced_accuracy_score(label, predicted),
        "roc_auc": reference.roc_auc_score(label, decision),
        "average_precision": reference.average_precision_score(label, decision),
    }
    assert {name: values[0] for name, values in found.items()} == pytest.approx(expected)


def test_weights_are_the_same_as_repeating_clips():
    prompt, label, decision, predicted = example()
    weights = statistics.resampling_weights(prompt, label, 20, seed=1)
    found = statistics.metrics(decision, predicted, label, weights)
    for row in (1, 7, 20):
        again = np.repeat(np.arange(len(label)), weights[row].astype(int))
        assert found["roc_auc"][row] == pytest.approx(reference.roc_auc_score(label[again], decision[again]))
        assert found["average_precision"][row] == pytest.approx(
            reference.average_precision_score(label[again], decision[again])
        )
        assert found["tpr"][row] == pytest.approx(reference.recall_score(label[again], predicted[again]))


def test_prompts_are_drawn_whole_and_each_class_keeps_its_size():
    prompt, label, _, _ = example()
    weights = statistics.resampling_weights(prompt, label, 50, seed=1)
    assert (weights[0] == 1).all()
    for number in np.unique(prompt):
        mine = weights[:, prompt == number]
        assert (mine == mine[:, :1]).all()
    assert (weights[:, label == 1].sum(1) == (label == 1).sum()).all()
    assert (weights[:, label == 0].sum(1) == (label == 0).sum()).all()
    assert weights[1:].std() > 0.5


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Prompts differ more than the clips of one prompt: intervals over clips would cover far too seldom."""
    covered = 0
    truth = 0.5
    for seed in range(120):
        rng = np.random.default_rng(seed)
        prompt = np.repeat(np.arange(40), 4)
        label = (prompt % 2).astype(np.int8)
        decision = np.repeat(rng.normal(size=40), 4) + 0.1 * rng.normal(size=160)
        row = statistics.measure(
            {"prompt_id": prompt, "prompt_label": label, "decision": decision, "predicted": decision > 0}, seed, 300
        )
        covered += row["roc_auc_low"] <= truth <= row["roc_auc_high"]
    assert 0.87 <= covered / 120 <= 0.99


def test_clips_on_neither_side_do_not_count_and_too_few_prompts_give_nan():
    prompt, label, decision, predicted = example()
    columns = {"prompt_id": prompt, "decision": decision, "predicted": predicted, "prompt_label": label.astype(float)}
    columns["prompt_label"][prompt >= 30] = np.nan
    row = statistics.measure(columns, 0, 100)
    assert (row["n_pos_prompts"], row["n_neg_prompts"], row["n_pos"], row["n_neg"]) == (10, 20, 30, 60)
    columns["prompt_label"][(prompt > 0) & (label == 1)] = np.nan
    row = statistics.measure(columns, 0, 100)
    assert row["n_pos_prompts"] == 1
    assert all(
        np.isnan(row[name]) for metric in statistics.METRICS for name in (metric, f"{metric}_low", f"{metric}_high")
    )
