import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import of_clips, tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS


def level(path, clips, step=0, sigma=2.0, seed=0):
    """A table of one level with a random unit vector for each of these (prompt, sample), which is returned by clip."""
    embedding = np.random.default_rng(seed).normal(size=(len(clips), 512))
    embedding = (embedding / np.linalg.norm(embedding, axis=1, keepdims=True)).astype(np.float32)
    prompt_id, sample = zip(*clips, strict=True)
    columns = {"prompt_id": prompt_id, "sample": sample, "signal": ["noisy"] * len(clips), "step": [step] * len(clips)}
    columns |= {"sigma": [sigma] * len(clips), "log_snr_db": [-20 * np.log10(sigma)] * len(clips)}
    parquet.write(path, AUDIO_EMBEDDINGS, pa.table({**columns, "embedding": tables.embedding_column(embedding)}))
    return dict(zip(clips, embedding, strict=True))


def named(*clips):
    prompt_ids, samples = np.array(clips).T
    return of_clips.Clips(prompt_ids, samples, "the scores")


THERE = [(7, 0), (5, 1), (2**40, 3), (5, 0)]


def test_embeddings_come_in_the_order_that_is_asked_for_and_twice_where_asked_twice(tmp_path):
    known = level(tmp_path / "step_00.parquet", THERE)
    wanted = [(5, 0), (5, 1), (5, 0), (5, 1), (7, 0), (2**40, 3)]
    found = of_clips.read(tmp_path / "step_00.parquet", named(*wanted))
    assert np.array_equal(found, [known[clip] for clip in wanted])


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ([*THERE, (5, 2), (8, 0)], r"prompt 5, sample 2 is missing \(2 such clips\)"),
        (THERE[:3], "prompt 5, sample 0 is there besides"),
        ([(7, 0), (5, 1), (2**40, 3), (5, 2)], "prompt 5, sample 2 is missing"),  # as many of each prompt, yet another
    ],
)
def test_other_clips_are_refused_and_nobody_is_told_to_delete_anything(tmp_path, wanted, fault):
    level(tmp_path / "step_00.parquet", THERE)
    with pytest.raises(UserError, match=rf"step_00\.parquet holds other clips than the scores: {fault}; ") as caught:
        of_clips.read(tmp_path / "step_00.parquet", named(*wanted))
    assert "score_audio" in str(caught.value)
    assert "delete" not in str(caught.value)


def test_a_clip_that_stands_twice_in_a_table_is_refused(tmp_path):
    level(tmp_path / "step_00.parquet", [*THERE, (5, 1)])
    with pytest.raises(UserError, match="prompt 5, sample 1 stands there twice"):
        of_clips.read(tmp_path / "step_00.parquet", named(*THERE))


def test_a_grid_is_each_sample_of_each_prompt():
    found = of_clips.grid([4, 9], range(3), "all")
    assert found.prompt_ids.tolist() == [4, 4, 4, 9, 9, 9]
    assert found.samples.tolist() == [0, 1, 2] * 2


def test_distances_compare_a_clip_with_itself(tmp_path):
    paths = {3: tmp_path / "step_03.parquet", 0: tmp_path / "step_00.parquet"}
    before, after = level(paths[0], THERE), level(paths[3], THERE[::-1], 3, 0.5, seed=1)
    (row,) = of_clips.between_steps(paths)
    cosine = [1 - before[clip] @ after[clip] for clip in THERE]
    assert (row["step"], row["sigma"]) == (3, 0.5)
    assert row["cosine"] == pytest.approx(
        (*np.percentile(cosine, 10)[None], np.mean(cosine), np.percentile(cosine, 90))
    )
    level(paths[3], [(8, 0), *THERE[1:]])
    with pytest.raises(UserError, match=r"step_03.* holds other clips than .*step_00.*: prompt 7, sample 0 is missing"):
        of_clips.between_steps(paths)
