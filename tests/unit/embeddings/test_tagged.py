"""Tags read off the embeddings of shards: of which levels, by which model, and what no tagger may give."""

import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables, tagged
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS

LEVELS = [("denoised", 0), ("denoised", 5), ("noisy", 5)]


def part(path, first, digest="abc"):
    """A shard's embeddings of two clips at each of the LEVELS: the number of the prompt in both places."""
    prompts = np.tile([first, first + 1], len(LEVELS))
    columns = {
        "prompt_id": prompts,
        "sample": [0] * len(prompts),
        "signal": np.repeat([signal for signal, _ in LEVELS], 2),
        "step": np.repeat([step for _, step in LEVELS], 2),
        "sigma": np.ones(len(prompts)),
        "log_snr_db": np.zeros(len(prompts)),
        "embedding": tables.embedding_column(np.stack([prompts] * 2, axis=1).astype(np.float32)),
    }
    parquet.write(path, AUDIO_EMBEDDINGS, pa.table(columns), {"digest": digest})
    return path


def three(embeddings):
    return np.stack([embeddings[:, 0] / 10] * 3, axis=1).astype(np.float32)


def test_each_clip_of_a_wanted_level_has_its_tags_in_a_table_of_the_schema(tmp_path):
    parts = [part(tmp_path / "0.parquet", 0), part(tmp_path / "1.parquet", 2)]
    with parquet.writer(tmp_path / "tags.parquet", tagged.TAGS) as append:
        for table in tagged.tagged(parts, {("denoised", 5), ("noisy", 5)}, three, 3, "abc"):
            append(table)
    found = parquet.read(tmp_path / "tags.parquet", tagged.TAGS)
    assert found["prompt_id"].to_pylist() == [0, 1, 0, 1, 2, 3, 2, 3]
    assert set(found["signal"].to_pylist()) == {"denoised", "noisy"} and set(found["step"].to_pylist()) == {5}
    probability = tables.embeddings(found["probability"])
    assert probability == pytest.approx(np.repeat(found["prompt_id"].to_numpy()[:, None] / 10, 3, axis=1))


@pytest.mark.parametrize(
    "wrong",
    [lambda found: found[:, :2], lambda found: found + 1, lambda found: found * np.nan],
    ids=["two", "above 1", "NaN"],
)
def test_what_is_no_probability_of_each_tag_is_refused(tmp_path, wrong):
    parts = [part(tmp_path / "0.parquet", 1)]
    with pytest.raises(
        UserError, match=r"0\.parquet: the tagger gives .* between 0 and 1 of 3 tags for each of 6 clips"
    ):
        list(tagged.tagged(parts, set(LEVELS), lambda embeddings: wrong(three(embeddings)), 3, "abc"))


def test_tags_of_one_model_are_not_read_off_embeddings_of_another(tmp_path):
    parts = [part(tmp_path / "0.parquet", 0, digest="old")]
    with pytest.raises(UserError, match="was embedded by old, and its tags are to be read by abc"):
        list(tagged.tagged(parts, set(LEVELS), three, 3, "abc"))
