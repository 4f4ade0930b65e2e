from dataclasses import replace

import numpy as np
import pytest
from musicologist.emergence import contrasts
from musicologist.emergence.scored_clips import ScoredClips


def scored(seed, shift, positives=6, prompts=20):
    random = np.random.default_rng(seed)
    labels = (np.arange(prompts) < positives).astype(int)
    ids = np.repeat(np.arange(100, 100 + prompts), 2)
    decisions = random.normal(size=(3, 2 * prompts)) + shift * np.repeat(labels, 2)
    return ScoredClips.from_arrays(decisions, labels, ids, [30.0, 3.0, 0.3])


@pytest.fixture
def scores():
    return {
        (concept, "svm"): {
            "denoised": scored(1, shift),
            "unguided": scored(2, 0.0),
            "noisy": scored(3, shift),
            "deformed": scored(4, 0.0),
        }
        for concept, shift in (("is_a", 3.0), ("is_b", 1.0))
    }


def test_only_pairs_that_are_there_are_compared_and_all_is_their_mean(scores):
    rows = contrasts.rows(scores)
    assert {(row["first"], row["second"]) for row in rows} == {("denoised", "unguided")}
    assert [row["concept"] for row in rows] == ["is_a", "is_b", "all"] * 3
    for a, b, both in zip(*(rows[number::3] for number in range(3)), strict=True):
        assert both["difference"] == pytest.approx((a["difference"] + b["difference"]) / 2)
        assert both["difference"] == pytest.approx(both["first_auc"] - both["second_auc"])
        assert both["concepts"] == 2 and a["concepts"] == 1 and a["n_pos_prompts"] == 6
        assert both["difference_low"] < both["difference"] < both["difference_high"]
    assert rows[0]["difference_low"] > 0.1 and rows[0]["sigma"] == 30


def test_a_concept_with_few_prompts_counts_in_no_mean_and_with_one_nowhere(scores):
    few = {**scores, ("is_c", "svm"): {"denoised": scored(5, 1.0, 3), "unguided": scored(6, 1.0, 3)}}
    few["is_d", "svm"] = {"denoised": scored(5, 1.0, 1), "unguided": scored(6, 1.0, 1)}
    rows = contrasts.rows(few)
    assert "is_c" in {row["concept"] for row in rows} and "is_d" not in {row["concept"] for row in rows}
    assert {row["concepts"] for row in rows if row["concept"] == "all"} == {2}


def test_prompts_without_a_side_do_not_count(scores):
    mine = scores["is_a", "svm"]
    undecided = {
        name: replace(clips, labels=np.where(np.arange(20) < 9, clips.labels, -1)) for name, clips in mine.items()
    }
    row = contrasts.rows({("is_a", "svm"): undecided})[0]
    assert (row["n_pos_prompts"], row["n_neg_prompts"]) == (6, 3)
