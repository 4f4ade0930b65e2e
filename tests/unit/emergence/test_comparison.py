"""What another embedder says of the same clips: differences with their error, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest
from musicologist.core.errors import UserError
from musicologist.emergence import comparison
from musicologist.emergence.scored_clips import ScoredClips


def pair(seed, own=1.0, other=1.0, prompts=40, samples=2):
    """Scores of two embedders on the same clips: prompts with the concept lie so much higher, and both hear the same noise."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(prompts), samples)
    labels = (np.arange(prompts) % 4 == 0).astype(int)
    shared = rng.normal(size=prompts)[ids] + rng.normal(size=len(ids))
    heard = [shift * labels[ids] + shared + 0.7 * rng.normal(size=len(ids)) for shift in (own, other)]
    return [ScoredClips.from_arrays([one], labels, ids, [1.0]) for one in heard]


def test_the_same_scores_do_not_differ():
    own, _ = pair(0)
    assert comparison.difference(own, own) == (0, 0, 0)


def test_the_interval_of_a_difference_covers_it():
    """Two embedders that hear equally well: none is better in some 95 of 100 experiments, and a deaf one is found out."""
    intervals = np.array([comparison.difference(*pair(seed)) for seed in range(300)])
    covered = ((intervals[:, 1] <= 0) & (intervals[:, 2] >= 0)).mean()
    assert 0.92 <= covered <= 0.985
    found = np.array([comparison.difference(*pair(seed, own=3, other=0)) for seed in range(30)])
    assert (found[:, 2] < 0).all()


def test_too_few_prompts_have_no_error_and_other_clips_are_refused():
    own, other = pair(0, prompts=8)
    assert np.isnan(comparison.difference(own, other)).all()
    with pytest.raises(UserError, match="not of the same clips"):
        comparison.difference(own, replace(other, samples=other.samples + 1))


def rows(answer="emerged", difference=(-0.01, -0.05, 0.03)):
    key = ("is_brass", "logistic", "denoised")
    own = {"answer": "emerged", "roc_auc": 0.85, "roc_auc_low": 0.7, "roc_auc_high": 0.93}
    other = {"answer": answer, "roc_auc": 0.62, "roc_auc_low": float("nan"), "roc_auc_high": float("nan")}
    return comparison.rows("musicnn", {key: own}, {key: other}, {key: difference})


def test_what_is_said_of_an_embedder_that_agrees_and_of_those_that_do_not():
    (agreeing,), (worse,), (other,) = rows(), rows(difference=(-0.2, -0.3, -0.1)), rows(answer="not emerged")
    assert [row["agrees"] for row in (agreeing, worse, other)] == [True, False, False]
    assert [row["differs"] for row in (agreeing, worse, other)] == [False, True, False]
    assert comparison.sentence(agreeing, "clap") == (
        "musicnn, listening beside clap, agrees: emerged; ROC-AUC on the finished clips 0.62 (clap 0.85 [0.70, 0.93])."
    )
    assert "agrees on the answer but not on how well: emerged;" in comparison.sentence(worse, "clap")
    assert comparison.sentence(worse, "clap").endswith(": lower by 0.20.")
    assert "does not agree: not emerged (clap: emerged);" in comparison.sentence(other, "clap")
    (few,) = rows(difference=(float("nan"),) * 3)
    assert few["agrees"] is None and not few["differs"]
    assert "gives the same answer, on too few prompts to say how well: emerged;" in comparison.sentence(few, "clap")
    several = [agreeing, worse | {"concept": "is_from_a_reed"}, few | {"concept": "is_rare"}]
    said = comparison.summary(several, "clap")
    assert "agrees on 1 of 3 concepts" in said and said.endswith("; not on from a reed; too few prompts for rare.")
