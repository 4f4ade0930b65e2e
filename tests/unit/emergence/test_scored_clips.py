import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS
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
    assert mine.samples.tolist() == [0, 1] * 4
    assert mine.clips.prompt_ids.tolist() == mine.clip_prompt_ids.tolist() == [5, 5, 6, 6, 6, 6, 7, 7]


def test_prompts_of_one_text_are_one_prompt_with_more_clips():
    rows = [row | {"prompt_label": 1 if row["prompt_id"] == 6 else row["prompt_label"]} for row in scores().to_pylist()]
    table = pa.Table.from_pylist(rows, schema=SCORES)
    table = table.replace_schema_metadata({**table.schema.metadata, scored_clips.EQUAL_PROMPTS: '{"6": 5}'})
    mine = scored_clips.arrange(table, "scores.parquet")["noisy"]
    assert mine.prompt_ids.tolist() == [5, 7] and mine.labels.tolist() == [1, 0]
    assert mine.clip_prompt_ids.tolist() == [5, 5, 5, 5, 7, 7]
    assert mine.clips.prompt_ids.tolist() == [5, 5, 6, 6, 7, 7], "clips keep their names, by which they are found"
    assert scored_clips.counts(mine.clip_labels, mine.clip_prompt_ids)["n_pos_prompts"] == 1


def test_embeddings_come_in_the_order_of_the_scores_whatever_order_they_are_kept_in(tmp_path):
    rng = np.random.default_rng(0)
    names = [(prompt, sample) for prompt in (5, 6, 7) for sample in (0, 1)]
    order = rng.permutation(6)
    embedding = np.zeros((6, 512), np.float32)
    embedding[:, 0] = [10 * names[row][0] + names[row][1] for row in order]
    columns = {"prompt_id": [names[row][0] for row in order], "sample": [names[row][1] for row in order]}
    columns |= {"signal": ["noisy"] * 6, "step": [4] * 6, "sigma": [6.0] * 6, "log_snr_db": [0.0] * 6}
    columns["embedding"] = tables.embedding_column(embedding)
    parquet.write(tmp_path / "step_04.parquet", AUDIO_EMBEDDINGS, pa.table(columns))
    scored = scored_clips.arrange(both_sides(), "scores.parquet")
    signal, level, found = scored_clips.read_embeddings(tmp_path / "step_04.parquet", scored)
    assert (signal, level) == ("noisy", 1)
    assert found[:, 0].tolist() == [50, 51, 60, 61, 60, 61, 70, 71]
    assert scored["noisy"].place(level) == {"step": 4, "sigma": 6.0, "log_snr_db": pytest.approx(-15.563, abs=1e-3)}


def test_prompts_and_clips_are_counted_by_side():
    found = scored_clips.counts(np.array([1, 1, 0, -1, 0, 1]), np.array([3, 3, 4, 5, 3, 6]))
    assert found == {"n_pos_prompts": 2, "n_neg_prompts": 2, "n_pos": 3, "n_neg": 2}


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
