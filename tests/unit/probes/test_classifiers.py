import numpy as np
import pyarrow as pa
import pytest
from musicologist.concepts import datasets
from musicologist.concepts.definitions import load
from musicologist.core.errors import UserError
from musicologist.notes.tables import NOTES
from musicologist.probes import classifiers, registry
from musicologist.probes.logistic import Logistic

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


@pytest.mark.parametrize("address", [*registry.ADDRESSES.values(), "examples/own_classifier.py"])
def test_a_probe_learns_is_saved_and_comes_back_the_same(tmp_path, separable, address):
    embeddings, labels = separable
    classifier = classifiers.at(address)
    probe = classifier.fit(embeddings[:150], labels[:150], classifier.settings, 0)
    instruments = np.arange(50) % 25
    report = classifiers.report(probe, embeddings[150:], labels[150:], instruments)
    assert report["roc_auc"] > 0.9
    assert report["instruments_pos"] == len(set(instruments[labels[150:] == 1]))
    assert 0.5 < report["roc_auc_low"] <= report["roc_auc"] <= report["roc_auc_high"]
    alone = classifiers.report(probe, embeddings[150:], labels[150:], labels[150:])
    assert (alone["roc_auc_low"], alone["roc_auc_high"]) == (None, None)  # with one instrument on each side
    classifiers.save(probe, tmp_path / "probe.skops")
    loaded = classifiers.load(tmp_path / "probe.skops", classifier)
    assert np.array_equal(loaded.decision_function(embeddings), probe.decision_function(embeddings))


def test_a_broken_or_missing_probe_is_one_sentence(tmp_path):
    (tmp_path / "probe.skops").write_bytes(b"no zip")
    with pytest.raises(UserError, match="is no readable probe"):
        classifiers.load(tmp_path / "probe.skops", Logistic())
    with pytest.raises(UserError, match="does not exist"):
        classifiers.load(tmp_path / "none.skops", Logistic())


OWN = """
from musicologist.probes.classifiers import Classifier

class Nearest(Classifier):
    label = "nearer mean"
    settings = {"axis": 0, "scale": 1}
    trusted = (__name__ + ".Means",)

    def fit(self, embeddings, labels, settings, seed):
        return Means(embeddings[labels == 1].mean(0) - embeddings[labels == 0].mean(0))

class Means:
    def __init__(self, weights):
        self.weights = weights

    def decision_function(self, embeddings):
        return embeddings @ self.weights
"""


@pytest.fixture
def own(tmp_path):
    """Writes a classifier's file and returns its address."""

    def write(text=OWN, name="nearest.py"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def test_a_classifier_of_ones_own_may_save_a_type_of_its_own(tmp_path, own, separable):
    classifier = classifiers.at(own())
    probe = classifier.fit(*separable, classifier.settings, 0)
    classifiers.save(probe, tmp_path / "probe.skops")
    loaded = classifiers.load(tmp_path / "probe.skops", classifiers.at(own()))
    assert np.array_equal(loaded.decision_function(separable[0]), probe.decision_function(separable[0]))
    with pytest.raises(UserError, match="is no readable probe"):  # of a type that another classifier does not trust
        classifiers.load(tmp_path / "probe.skops", Logistic())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = 1", r"nearest.py should define one subclass of Classifier, but defines none\."),
        (OWN + "class Other(Nearest):\n    pass\n", r"but defines 2 \(Nearest, Other\)\."),
        (OWN.replace("def fit", "def learn"), "Nearest lacks fit, which a classifier needs"),
        (OWN.replace("label =", "title ="), "Nearest lacks label, which a classifier needs"),
        (
            "import no_such_package",
            r"nearest.py cannot be run \(ModuleNotFoundError: No module named 'no_such_package'\)",
        ),
        ("def (", r"nearest.py cannot be run \(SyntaxError"),
    ],
)
def test_a_file_that_defines_no_classifier_is_one_sentence(own, text, sentence):
    with pytest.raises(UserError, match=sentence):
        classifiers.at(own(text))


def test_a_file_that_is_not_there_is_one_sentence():
    with pytest.raises(UserError, match=r"my/none.py does not exist: expected a file that defines a classifier"):
        classifiers.at("my/none.py")
