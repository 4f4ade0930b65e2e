import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from musicologist.emergence import answers, scored_clips
from musicologist.emergence import curve as emergence_curve
from musicologist.statistics import landmarks, metrics, outcomes, simulation

LOG_SIGMA = np.log(np.geomspace(100, 1, 7))
SETTINGS = emergence_curve.Settings(resamples=200, permutations=400, seed=1)


def trajectory(experiment, seed=0, levels=7, shift=0.0):
    """Simulated clips along a trajectory, scored, and their probe."""
    rng = np.random.default_rng(seed)
    sigma = simulation.levels(levels)
    weights = simulation.probe(*simulation.notes(experiment, rng))
    embeddings, prompts, labels = simulation.clips(experiment, sigma, rng)
    decision = embeddings @ weights + shift
    samples = np.arange(len(prompts)) % experiment.samples
    made = scored_clips.ScoredClips(
        np.arange(levels), sigma, decision, decision > 0, prompts, 10 + np.arange(len(labels)), labels, samples
    )
    return made, weights


def random_areas(levels=7):
    return np.random.default_rng(5).normal(0.5, 0.02, size=(101, levels))


def test_the_onset_is_the_first_level_from_which_on_a_curve_stays_above():
    found = landmarks.onset(
        np.array([3.0, 2.0, 1.0, 0.0]),
        np.array([[0.5, 0.9, 0.5, 0.9], [0.9, 0.9, 0.9, 0.9], [0.9, 0.9, 0.9, 0.5], [0.5, 0.9, np.nan, 0.9]]),
        np.full(4, 0.6),
    )
    assert np.array_equal(found, [0.0, 3.0, -np.inf, np.nan], equal_nan=True)


def test_a_concept_that_comes_up_is_found_where_it_does():
    experiment = simulation.Experiment(prompts=120, positives=40, effect=2.5)
    made, weights = trajectory(experiment)
    curve = emergence_curve.measure(made, random_areas(), SETTINGS)
    assert answers.of(curve) == outcomes.EMERGED
    half = curve.summary["half_rise"]
    truth = np.exp(simulation.true_half_rise(experiment, made.sigma, weights))
    assert half["low"] < truth < half["high"]
    assert half["low"] < half["value"] < half["high"]
    assert curve.summary["rise"]["low"] > 0
    assert curve.rows[0]["p_level"] > 0.05 >= curve.rows[-1]["p_level"]


def test_what_was_there_at_the_first_level_was_there_from_the_start():
    made, _ = trajectory(simulation.Experiment(onset=1e6, effect=2))
    curve = emergence_curve.measure(made, random_areas(), SETTINGS)
    assert answers.of(curve) == outcomes.FROM_THE_START
    assert np.isnan(curve.summary["half_rise"]["value"])
    assert curve.summary["onset"]["value"] == pytest.approx(100)
    half = curve.summary["half_excess"]
    assert half["censored"] and half["value"] == pytest.approx(100)


def test_a_useless_probe_is_not_saved_by_a_rare_concept():
    """Two percent of the prompts ask for it, the probe says no to nearly all: accuracy 0.98, and nothing is found."""
    made, _ = trajectory(simulation.Experiment(prompts=250, positives=5, onset=None), shift=-4.0)
    curve = emergence_curve.measure(made, random_areas(), SETTINGS)
    assert curve.rows[-1]["accuracy"] == pytest.approx(0.98, abs=0.005)
    assert curve.rows[-1]["majority"] == 0.98
    assert answers.of(curve) == outcomes.NOT_EMERGED


def test_a_shifted_threshold_does_not_hide_a_perfect_ranking():
    made, _ = trajectory(simulation.Experiment(prompts=120, positives=30, effect=8, correlation=0.2), shift=50.0)
    curve = emergence_curve.measure(made, random_areas(), SETTINGS)
    assert curve.rows[-1]["balanced_accuracy"] == 0.5
    assert curve.rows[-1]["roc_auc"] > 0.99
    assert min(curve.rows[-1][f"balanced_accuracy{point}"] for point in ("_prior", "_cv")) > 0.95
    assert answers.of(curve) == outcomes.EMERGED


@pytest.mark.parametrize("positives", [0, 1, 2, 3])
@pytest.mark.parametrize("levels", [1, 3])
def test_few_prompts_and_few_levels_give_wide_answers_and_no_crash(positives, levels):
    made, _ = trajectory(simulation.Experiment(prompts=8, positives=positives, samples=1, effect=20), levels=levels)
    curve = emergence_curve.measure(made, random_areas(levels), SETTINGS)
    assert len(curve.rows) == levels
    defined = positives >= 2
    for name in metrics.METRICS:
        row = curve.rows[-1]
        assert np.isfinite(row[name]) == defined
        ends = [row[f"{name}_low"], row[f"{name}_high"]]
        assert np.isfinite(ends).all() == (defined and name != "roc_auc")  # which has none of fewer than five prompts
        assert np.isnan(ends).any() or ends[0] <= row[name] <= ends[1]
    assert np.isnan(curve.summary["p"]) != defined
    if not defined:
        assert answers.of(curve) == outcomes.NOT_EMERGED


def test_prompts_on_neither_side_are_drawn_but_do_not_count():
    made, _ = trajectory(simulation.Experiment(prompts=40, positives=10))
    labels = made.labels.copy()
    labels[::4] = -1
    some = replace(made, labels=labels)
    row = emergence_curve.measure(some, random_areas(), SETTINGS).rows[0]
    assert (row["n_pos_prompts"], row["n_neg_prompts"]) == (7, 23)
    assert (row["n_pos"], row["n_neg"]) == (28, 92)


def test_without_random_concepts_none_are_invented_and_all_else_is_the_same():
    made, _ = trajectory(simulation.Experiment(prompts=40, positives=15))
    beside = emergence_curve.measure(made, random_areas(), SETTINGS)
    alone = emergence_curve.measure(made, settings=SETTINGS)
    about_random = {"linear_auc", "random_low", "random_high", "p_random_level"}
    for row, less in zip(beside.rows, alone.rows, strict=True):
        assert set(row) - set(less) == about_random
        assert less == {name: value for name, value in row.items() if name not in about_random}
    assert set(beside.summary) - set(alone.summary) == {"p_random"}
    assert answers.of(alone) == answers.of(beside)


def test_without_settings_they_are_the_configurations_defaults():
    schema = json.loads(Path("config/schemas/config.schema.json").read_text(encoding="utf-8"))["properties"]
    documented = schema["statistics"]["properties"]
    defaults = emergence_curve.Settings()
    assert defaults.resamples == documented["resamples"]["default"]
    assert defaults.permutations == documented["permutations"]["default"]


def test_the_lag_between_two_signals_is_paired_and_a_bound_where_the_first_is_there_from_the_start():
    experiments = [simulation.Experiment(onset=onset, effect=2.5) for onset in (1e6, 20, 4)]
    start, early, late = (
        emergence_curve.measure(trajectory(experiment)[0], None, SETTINGS).landmarks for experiment in experiments
    )
    found = landmarks.lag(early, late)
    assert 0 < found["low"] < np.log(5) < found["high"]
    assert not found["at_least"]
    nothing = landmarks.lag(early, early)
    assert (nothing["low"], nothing["value"], nothing["high"]) == (0, 0, 0)
    assert landmarks.lag(start, late)["at_least"]
    assert np.isnan(landmarks.lag(early, start)["value"])  # it may be any lag below zero
    assert np.isnan(landmarks.lag(start, start)["low"])


def test_a_summary_of_the_area_alone_is_that_of_the_whole_measurement():
    made, _ = trajectory(simulation.Experiment(prompts=60, positives=15))
    whole = emergence_curve.measure(made, settings=SETTINGS).summary
    assert json.dumps(emergence_curve.summarise(made, SETTINGS)) == json.dumps(whole)
    [controlled] = emergence_curve.of_controls(
        {("partialled", "svm", "noisy"): made.decision, ("in_domain", "lda", "noisy"): made.decision},
        {"svm": {"noisy": made}},
        SETTINGS,
    )
    assert controlled["control"] == "partialled" and controlled["p"] == whole["p"]


def test_constant_scores_say_nothing():
    made, _ = trajectory(simulation.Experiment(prompts=40, positives=15))
    constant = replace(made, decision=np.zeros_like(made.decision))
    curve = emergence_curve.measure(constant, settings=SETTINGS)
    assert {row["roc_auc"] for row in curve.rows} == {0.5}
    assert np.isnan([row["roc_auc_low"] for row in curve.rows]).all()
    assert curve.summary["p"] == 1
    assert answers.of(curve) == outcomes.NOT_EMERGED


def test_a_prompt_on_both_sides_is_one_cluster():
    made, _ = trajectory(simulation.Experiment(prompts=40, positives=10))
    twice = np.arange(40) < 5  # these positives are negatives too
    index = np.r_[np.arange(len(made.prompts)), np.flatnonzero(twice[made.prompts])]
    prompts = np.r_[made.prompts, 40 + made.prompts[twice[made.prompts]]]
    both = replace(
        made,
        decision=made.decision[:, index],
        predicted=made.predicted[:, index],
        prompts=prompts,
        prompt_ids=np.r_[made.prompt_ids, made.prompt_ids[:5]],
        labels=np.r_[made.labels, np.zeros(5, int)],
        samples=made.samples[index],
    )
    row = emergence_curve.measure(both, random_areas(), SETTINGS).rows[-1]
    assert (row["n_pos_prompts"], row["n_neg_prompts"]) == (10, 35)
    assert row["roc_auc_low"] < row["roc_auc"] < row["roc_auc_high"]
    assert row["roc_auc"] < emergence_curve.measure(made, random_areas(), SETTINGS).rows[-1]["roc_auc"]
