"""A concept's curve without the aspects named beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from musicologist.concepts import definitions
from musicologist.emergence import naming
from musicologist.emergence.scored_clips import ScoredClips
from musicologist.statistics import auc, nulls

CONCEPTS = definitions.load(Path(__file__).parents[3] / "config/concepts.yaml")
REED = CONCEPTS["is_reed"]


def clips(labels, decision):
    """Two clips of each prompt at one level."""
    labels = np.asarray(labels)
    made = ScoredClips.from_arrays(
        np.atleast_2d(decision), np.maximum(labels, 0), np.repeat(np.arange(len(labels)), 2), [1]
    )
    return replace(made, labels=labels)


def test_what_only_the_other_aspect_makes_is_taken_out_and_what_the_concept_makes_is_left():
    rng = np.random.default_rng(0)
    reed = np.arange(200) % 4 == 0
    acoustic = np.where(rng.random(200) < 0.85, reed, rng.random(200) < 0.2)
    aspects = {n: (["reed"] if reed[n] else []) + (["acoustic"] if acoustic[n] else []) for n in range(200)}
    noise = rng.normal(size=400)
    heard = {"other": 2.0 * np.repeat(acoustic, 2) + noise, "own": 2.0 * np.repeat(reed, 2) + noise}
    areas = {}
    for name, decision in heard.items():
        mine = clips(reed, decision)
        without = naming.conditional(REED, {"svm": {"noisy": mine}}, aspects)["conditional", "svm", "noisy"]
        areas[name] = [auc.areas(level[:, None], mine.clip_labels)[0] for level in (decision, without[0])]
    assert areas["other"][0] > 0.75 > 0.55 > areas["other"][1]
    assert areas["own"][0] > 0.85 and areas["own"][1] > 0.6
    assert 0.4 < naming.explained(REED, mine, aspects) < 0.9


def test_without_aspects_is_the_residual_of_a_regression_on_all_clips_with_a_side():
    from sklearn.linear_model import LinearRegression

    rng = np.random.default_rng(1)
    decision, named = rng.normal(size=(3, 50)), rng.integers(0, 2, (50, 4))
    expected = decision - LinearRegression().fit(named, decision.T).predict(named).T
    assert nulls.conditional(decision, named) == pytest.approx(expected, abs=1e-9)


def test_an_aspect_that_hardly_any_prompt_names_is_none_and_too_many_leave_no_curve():
    labels = [1, 1, 0, 0, 0, 0, -1]
    aspects = {n: ["reed"] if n < 2 else [] for n in range(7)}
    aspects |= {3: ["flute"], 4: ["organ", "reverb"], 5: ["organ", "drum"], 6: ["brass"]}
    mine = clips(labels, np.arange(14.0))
    assert naming.others(REED, mine, aspects).T.tolist() == [[0, 0, 0, 0, 1, 1, 0]]  # organ alone
    [found] = naming.conditional(REED, {"svm": {"noisy": mine}}, aspects).values()
    assert found[0, 12:].tolist() == [12, 13]  # the clips of the prompt without a side
    aspects |= {2: ["organ", "drum"], 3: ["flute", "drum"], 4: ["organ", "flute", "reverb"]}
    assert naming.others(REED, mine, aspects).shape == (7, 3)
    assert naming.conditional(REED, {"svm": {"noisy": mine}}, aspects) == {}


def test_near_prompts_are_negatives_of_the_harder_comparison():
    found = naming.with_near_prompts({"noisy": clips([1, 0, -1], np.zeros(6))})
    assert found["noisy"].labels.tolist() == [1, 0, 0]
