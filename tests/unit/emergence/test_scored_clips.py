import numpy as np
import pyarrow as pa
import pytest
from musicologist.core.errors import UserError
from musicologist.emergence import scored_clips
from musicologist.emergence.tables import SCORES


def scores():
    rng = np.random.default_rng(0)
    rows = [
        {"prompt_id": p, "sample": s, "signal": signal, "step": step, "sigma": 10.0 - step, "log_snr_db": 0.0}
        | {"decision": float(100 * p + 10 * s + step), "predicted": 1, "prompt_label": {5: 1, 7: 0}.get(p)}
        for signal in ("noisy", "denoised")
        for step in (4, 0)
        for p in (7, 5, 6)
        for s in (0, 1)
    ]
    return pa.Table.from_pylist([rows[i] for i in rng.permutation(len(rows))], schema=SCORES)


def test_levels_and_clips_are_put_in_order():
    found = scored_clips.arrange(scores(), "scores.parquet")
    assert sorted(found) == ["denoised", "noisy"]
    mine = found["noisy"]
    assert mine.step.tolist() == [0, 4] and mine.sigma.tolist() == [10, 6]
    assert mine.prompt_ids.tolist() == [5, 6, 7] and mine.labels.tolist() == [1, -1, 0]
    assert mine.decision[1].tolist() == [504, 514, 604, 614, 704, 714]
    assert mine.known.tolist() == [True, True, False, False, True, True]


def test_levels_with_other_clips_are_refused():
    table = scores()
    kept = [not (row["step"] == 4 and row["prompt_id"] == 6) for row in table.to_pylist()]
    with pytest.raises(UserError, match="holds other clips at some steps of denoised"):
        scored_clips.arrange(table.filter(pa.array(kept)), "scores.parquet")


def both_sides():
    """Prompt 6 counts on both sides: its clips are there twice."""
    rows = scores().to_pylist()
    twice = [row | {"prompt_label": side} for row in rows if row["prompt_id"] == 6 for side in (0, 1)]
    return pa.Table.from_pylist([row for row in rows if row["prompt_id"] != 6] + twice, schema=SCORES)


def test_a_prompt_on_both_sides_is_there_twice():
    mine = scored_clips.arrange(both_sides(), "scores.parquet")["noisy"]
    assert mine.prompt_ids.tolist() == [5, 6, 6, 7] and mine.labels.tolist() == [1, 0, 1, 0]
    assert mine.decision[0].tolist() == [500, 510, 600, 610, 600, 610, 700, 710]
    rows = scored_clips.rows_of(mine, np.array([5, 5, 6, 6, 7, 7]), "step.parquet")
    assert rows.tolist() == [0, 1, 2, 3, 2, 3, 4, 5]


@pytest.mark.parametrize("others", [[5, 5, 6, 6, 8, 8], [5, 5, 6, 6, 7], [5, 5, 6, 6, 7, 7, 7], [4, 5, 5, 6, 6, 7, 7]])
def test_a_table_of_other_clips_is_refused(others):
    mine = scored_clips.arrange(scores(), "scores.parquet")["noisy"]
    with pytest.raises(UserError, match="holds other clips than the scores"):
        scored_clips.rows_of(mine, np.array(others), "step.parquet")


ARRAYS = {
    "decisions": [[3.0, -1.0, 2.0, -2.0, 1.0], [4.0, -3.0, 3.0, -4.0, 0.0]],
    "labels": [1, 0, 1, -1, 0],
    "prompt_ids": ["b", "c", "b", "a", "c"],
    "sigmas": [10.0, 1.0],
}


@pytest.mark.parametrize("labels", [[1, 0, 1, -1, 0], [-1, 1, 0], [-1.0, True, 0]])
def test_arrays_of_ones_own_are_scored_clips(labels):
    found = scored_clips.ScoredClips.from_arrays(**{**ARRAYS, "labels": labels})
    assert found.step.tolist() == [0, 1] and found.sigma.tolist() == [10, 1]
    assert found.prompt_ids.tolist() == ["a", "b", "c"] and found.labels.tolist() == [-1, 1, 0]
    assert found.prompts.tolist() == [1, 2, 1, 0, 2]
    assert found.predicted.tolist() == [[1, 0, 1, 0, 1], [1, 0, 1, 0, 0]]
    assert found.known.tolist() == [True, True, True, False, True]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"sigmas": [10.0, 5.0, 1.0]}, r"shape \(2, 5\): expected finite numbers, a row for each of the 3 sigmas"),
        ({"prompt_ids": ["a", "b"]}, "a column for each of the 2 prompt_ids"),
        ({"decisions": [[np.nan] * 5] * 2}, "expected finite numbers"),
        ({"sigmas": [1.0, 10.0]}, "should be positive and fall"),
        ({"sigmas": [1.0, 0.0]}, "should be positive and fall"),
        ({"labels": [1, 0, 0, -1, 0]}, "labels has two for the prompt b: expected one for all of its clips"),
        ({"labels": [1, 0]}, r"shape \(2,\): expected 1, 0 or -1 for each of the 5 clips or of the 3 prompts"),
        ({"labels": [1, 0, 2]}, "expected 1, 0 or -1"),
    ],
)
def test_arrays_that_do_not_fit_are_one_sentence(changed, sentence):
    with pytest.raises(UserError, match=sentence):
        scored_clips.ScoredClips.from_arrays(**{**ARRAYS, **changed})
