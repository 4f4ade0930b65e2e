import numpy as np
import pyarrow as pa
import pytest
from musicologist.concepts import datasets
from musicologist.concepts.definitions import load
from musicologist.core.errors import UserError
from musicologist.notes.tables import NOTES
from musicologist.probes import classifiers

CONCEPT = load("config/concepts.yaml")["is_brass"]


def notes(instruments=12, each=10):
    rows = [
        {
            "note_id": f"n{i:02d}_{k:02d}",
            "instrument": f"i{i:02d}",
            "family": ("brass", "flute", "organ")[i % 3],
            "source": "acoustic",
            "qualities": [],
            "pitch": 60,
            "velocity": 100,
            "split": "train",
        }
        for i in range(instruments)
        for k in range(each)
    ]
    return pa.Table.from_pylist(rows, schema=NOTES)


def test_a_dataset_is_balanced_and_its_held_out_instruments_are_its_own():
    table = datasets.build(notes(), CONCEPT, 30, 0.25, 1, "notes.parquet").to_pandas()
    assert table["label"].value_counts().to_dict() == {0: 30, 1: 30}
    assert list(table["note_id"]) == sorted(table["note_id"])
    train, test = (set(table[table["split"] == split]["instrument"]) for split in ("train", "test"))
    assert train and test and not train & test
    assert table.groupby("split")["label"].nunique().to_dict() == {"test": 2, "train": 2}
    again = datasets.build(notes(), CONCEPT, 30, 0.25, 1, "notes.parquet").to_pandas()
    assert table.equals(again)


@pytest.mark.parametrize(("families", "sentence"), [({"brass"}, "no negative note"), ({"flute"}, "no positive note")])
def test_a_concept_without_a_side_is_refused(families, sentence):
    table = notes()
    kept = table.filter(pa.compute.is_in(table["family"], pa.array(sorted(families))))
    with pytest.raises(UserError, match=f"is_brass has {sentence} in notes.parquet"):
        datasets.build(kept, CONCEPT, 30, 0.2, 1, "notes.parquet")


def test_a_concept_with_one_instrument_cannot_hold_one_out():
    table = notes(instruments=3)
    with pytest.raises(UserError, match="too few instruments"):
        datasets.build(table, CONCEPT, 30, 0.2, 1, "notes.parquet")


@pytest.fixture(scope="module")
def separable():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    embeddings = rng.normal(size=(200, 512)).astype(np.float32)
    embeddings[:, 0] += 8 * labels
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), labels


@pytest.mark.parametrize("classifier", ["logistic", "svm"])
def test_a_probe_learns_is_saved_and_comes_back_the_same(tmp_path, separable, classifier):
    embeddings, labels = separable
    probe = classifiers.fit(classifier, embeddings[:150], labels[:150], 1.0, 0)
    assert classifiers.report(probe, embeddings[150:], labels[150:])["roc_auc"] > 0.95
    classifiers.save(probe, tmp_path / "probe.skops")
    loaded = classifiers.load(tmp_path / "probe.skops")
    assert np.array_equal(loaded.decision_function(embeddings), probe.decision_function(embeddings))


def test_a_broken_or_missing_probe_is_one_sentence(tmp_path):
    (tmp_path / "probe.skops").write_bytes(b"no zip")
    with pytest.raises(UserError, match="is no readable probe"):
        classifiers.load(tmp_path / "probe.skops")
    with pytest.raises(UserError, match="does not exist"):
        classifiers.load(tmp_path / "none.skops")
