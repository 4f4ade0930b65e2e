from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from musicologist.concepts.datasets import DATASET
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import of_notes, tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, NOTE_EMBEDDINGS
from musicologist.emergence import curve, scored_clips
from musicologist.probes import random_concepts
from musicologist.statistics import auc
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

SIZE = 512  # of an embedding


def notes(instruments=30, each=20, size=12, seed=0):
    rng = np.random.default_rng(seed)
    names = np.repeat([f"i{number:02d}" for number in range(instruments)], each)
    embeddings = np.repeat(rng.normal(size=(instruments, size)), each, axis=0) + rng.normal(size=(len(names), size))
    return names, embeddings


def direction(vector):
    return vector / np.linalg.norm(vector)


def test_blocks_of_notes_give_the_same_factors_as_all_notes_at_once():
    names, embeddings = notes()
    whole = random_concepts.factorise([(names, embeddings)])
    order = np.random.default_rng(1).permutation(len(names))
    parts = random_concepts.factorise([(names[p], embeddings[p]) for p in np.array_split(order, 4)])
    assert np.array_equal(whole.names, parts.names) and (whole.notes == 20).all()
    assert np.abs(whole.means - parts.means).max() < 1e-12
    assert np.abs(whole.variances - np.linalg.eigvalsh(np.cov(embeddings.T, bias=True))).max() < 1e-12
    assert np.abs(parts.variances - whole.variances).max() < 1e-12


def test_directions_are_scikit_learns_discriminant_and_ridge():
    names, embeddings = notes()
    labels = (np.arange(len(names)) % 2).astype(int)
    factors = random_concepts.factorise([(names, embeddings)])
    difference = embeddings[labels == 1].mean(0) - embeddings[labels == 0].mean(0)
    plain = direction(random_concepts.directions(factors, difference[None], 0)[0])
    discriminant = LinearDiscriminantAnalysis(solver="eigen").fit(embeddings, labels)
    assert np.abs(plain - direction(discriminant.coef_[0])).max() < 1e-9
    damped = direction(random_concepts.directions(factors, difference[None], 0.1)[0])
    alpha = 0.1 * factors.variances.mean() * len(names)
    assert np.abs(damped - direction(Ridge(alpha=alpha).fit(embeddings, labels).coef_)).max() < 1e-9


def test_random_concepts_have_whole_instruments_and_the_wanted_size():
    names, _ = notes()
    factors = random_concepts.factorise([(names, np.eye(30)[np.unique(names, return_inverse=True)[1]])])
    for size, positives in ((100, 5), (10_000, 15)):
        found = random_concepts.random_differences(factors, size, 40, seed=1)
        assert ((found > 0).sum(1) == positives).all()
        assert ((found < 0).sum(1) == positives).all()
        assert found.sum(1) == pytest.approx(np.zeros(40), abs=1e-9)
    assert len(np.unique(found > 0, axis=0)) > 30


def test_areas_are_scikit_learns():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 70)
    scores = rng.normal(size=(70, 9))
    assert auc.areas(scores, labels) == pytest.approx([roc_auc_score(labels, column) for column in scores.T], abs=1e-12)


def test_a_real_concept_beats_random_ones_on_clips(tmp_path):
    rng = np.random.default_rng(0)
    names, embeddings = notes(size=SIZE)
    labels = (np.unique(names, return_inverse=True)[1] < 15).astype(int)
    embeddings[labels == 1, 0] += 20
    factors = random_concepts.factorise([(names, embeddings)])
    held_out = np.unique(names, return_inverse=True)[1] % 5 == 0
    probes, ridge = random_concepts.weights(factors, embeddings, labels, held_out, 30, seed=1)
    assert probes.shape == (31, SIZE)
    assert ridge in random_concepts.RIDGES
    side = np.array([1, 0, -1] * 8)
    audio = rng.normal(size=(24, SIZE))
    audio[side == 1, 0] += 20
    columns = {"prompt_id": range(24), "sample": [0] * 24, "signal": ["noisy"] * 24, "step": [3] * 24}
    columns |= {"sigma": [2.0] * 24, "log_snr_db": [-6.0] * 24, "embedding": tables.embedding_column(audio)}
    parquet.write(tmp_path / "step.parquet", AUDIO_EMBEDDINGS, pa.table(columns))
    zeros = np.zeros((2, 24))
    scored = scored_clips.ScoredClips(
        np.array([1, 3]), np.array([4.0, 2.0]), zeros, zeros, np.arange(24), np.arange(24), side, np.zeros(24, int)
    )
    found = curve.random_areas(probes, [tmp_path / "step.parquet"], {"noisy": scored})["noisy"]
    assert np.isnan(found[:, 0]).all()
    assert found[0, 1] > found[1:, 1].max()
    other = replace(scored, prompt_ids=np.arange(1, 25))
    with pytest.raises(UserError, match="holds other clips than the scores"):
        curve.random_areas(probes, [tmp_path / "step.parquet"], {"noisy": other})


def test_instruments_come_from_the_notes_table_or_from_datasets(tmp_path):
    names = ["a1", "a2", "b1", "c1"]
    vectors = np.eye(4, SIZE)
    columns = {"note_id": names, "embedding": tables.embedding_column(vectors)}
    parquet.write(tmp_path / "embeddings.parquet", NOTE_EMBEDDINGS, pa.table(columns))
    for file, mine in (("one", ["a1", "b1"]), ("two", ["a1", "a2"])):
        same = {"label": [0] * 2, "split": ["train"] * 2, "instrument": [name[0] for name in mine]}
        parquet.write(tmp_path / f"{file}.parquet", DATASET, pa.table({"note_id": mine, **same}))
    blocks = list(
        of_notes.by_instrument(
            [pq.read_table(tmp_path / name) for name in ("one.parquet", "two.parquet")], tmp_path / "embeddings.parquet"
        )
    )
    assert [list(instruments) for instruments, _ in blocks] == [["a", "a", "b"]]
    assert np.array_equal(blocks[0][1], vectors[:3])
