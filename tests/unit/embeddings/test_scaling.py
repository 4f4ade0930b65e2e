"""Features off the unit sphere: what the notes' mean and spread make of them, in notes and clips alike."""

import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet
from musicologist.embeddings import collecting, scaling, scaling_of_notes, tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, NOTE_EMBEDDINGS

NOTES = np.random.default_rng(0).normal([5, -2000, 0.1], [2, 30, 0.01], (50, 3)).astype(np.float32)


def notes_table(rows):
    column = tables.embedding_column(NOTES[rows])
    return pa.table({"note_id": [f"n{row}" for row in rows], "embedding": column})


@pytest.fixture
def parts(tmp_path):
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path, rows in zip(paths, (range(20), range(20, 50)), strict=True):
        parquet.write(path, NOTE_EMBEDDINGS, notes_table(rows))
    return paths


def test_notes_and_clips_are_centred_and_scaled_by_the_notes(parts, tmp_path):
    found = scaling_of_notes.measure(parts)
    np.testing.assert_allclose(found.mean, NOTES.astype(float).mean(0), rtol=1e-9)
    np.testing.assert_allclose(found.spread, NOTES.astype(float).std(0), rtol=1e-6)
    scaling_of_notes.write(tmp_path / "scaling.parquet", found)
    stored = scaling.read([tmp_path / "scaling.parquet"])
    expected = (NOTES - NOTES.mean(0, dtype=float)) / NOTES.std(0, dtype=float)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    collecting.collect_notes(parts, tmp_path / "notes.parquet", stored)
    table = parquet.read(tmp_path / "notes.parquet", NOTE_EMBEDDINGS)
    np.testing.assert_allclose(tables.embeddings(table["embedding"]), expected, atol=1e-5)

    known = {"signal": ["noisy"] * 50, "step": [3] * 50, "sigma": [1.0] * 50, "log_snr_db": [0.0] * 50}
    embedding = tables.embedding_column(NOTES)
    clips = pa.table({"prompt_id": range(50), "sample": [0] * 50, **known, "embedding": embedding})
    parquet.write(tmp_path / "part.parquet", AUDIO_EMBEDDINGS, clips)
    collecting.collect_level([tmp_path / "part.parquet"], "noisy", 3, tmp_path / "level.parquet", stored)
    table = parquet.read(tmp_path / "level.parquet", AUDIO_EMBEDDINGS)
    np.testing.assert_allclose(tables.embeddings(table["embedding"]), expected, atol=1e-5)


def test_a_feature_that_is_the_same_for_all_notes_stays_finite(tmp_path):
    column = tables.embedding_column(np.tile(np.float32([7, 0]), (4, 1)))
    parquet.write(tmp_path / "a.parquet", NOTE_EMBEDDINGS, pa.table({"note_id": list("abcd"), "embedding": column}))
    found = scaling_of_notes.measure([tmp_path / "a.parquet"])
    assert found.mean.tolist() == [7, 0] and found.spread.tolist() == [1, 1]
    table = found(pa.table({"embedding": tables.embedding_column(np.float32([[7, 0], [7, 3]]))}))
    assert tables.embeddings(table["embedding"]).tolist() == [[0, 0], [0, 1]]


def test_without_a_scaling_nothing_is_scaled(parts, tmp_path):
    assert scaling.read([]) is None
    collecting.collect_notes(parts, tmp_path / "notes.parquet", None)
    table = parquet.read(tmp_path / "notes.parquet", NOTE_EMBEDDINGS)
    assert np.array_equal(tables.embeddings(table["embedding"]), NOTES)
