import json
import os
import subprocess
import sys
import types
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from musicologist.concepts import datasets
from musicologist.concepts.definitions import load
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.notes.tables import NOTES
from musicologist.probes import classifiers, registry
from musicologist.probes.logistic import Logistic
from musicologist.probes.svm import SupportVectors

pytestmark = pytest.mark.slow

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


@pytest.mark.parametrize("address", registry.ADDRESSES.values())
def test_a_probe_of_the_library_decides_the_same_without_scikit_learn(tmp_path, separable, address):
    embeddings, labels = separable
    classifier = classifiers.at(address)
    probe = classifier.fit(embeddings[:150], labels[:150], classifier.settings, 0)
    classifiers.save(probe, tmp_path / "probe.skops", classifier.decision(probe))
    np.save(tmp_path / "embeddings.npy", embeddings)
    program = (
        "import sys, numpy as np\n"
        "sys.modules.update(dict.fromkeys(('sklearn', 'skops', 'scipy')))\n"  # whose imports then fail
        "from musicologist.probes import classifiers\n"
        f"probe = classifiers.load('probe.skops', classifiers.at({address!r}))\n"
        "assert probe.n_features_in_ == 512\n"
        "np.save('decision.npy', probe.decision_function(np.load('embeddings.npy')))\n"
    )
    scripts = str(Path("scripts").absolute())
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": scripts})
    expected, found = probe.decision_function(embeddings), np.load(tmp_path / "decision.npy")
    assert np.abs(found - expected).max() < 1e-3 * expected.std()
    assert np.array_equal(found > 0, expected > 0)
    with zipfile.ZipFile(tmp_path / "probe.skops") as file:  # the probe itself is still there, for who wants it
        assert "schema.json" in file.namelist()
    assert type(classifiers.skops_io().load(tmp_path / "probe.skops", trusted=["numpy.dtype"])) is type(probe)


@pytest.mark.parametrize("address", ["musicologist.probes.svm", "examples/own_classifier.py"])
def test_the_script_writes_probes_that_others_read(tmp_path, address):
    rng = np.random.default_rng(0)
    dataset = datasets.build(notes(), CONCEPT, 30, 0.25, 1, "notes.parquet")
    rows = rng.normal(size=(60, 16)) + dataset["label"].to_numpy()[:, None]
    embedded = {"note_id": dataset["note_id"], "embedding": tables.embedding_column(rows.astype(np.float32))}
    parquet.write(tmp_path / "dataset.parquet", datasets.DATASET, dataset)
    parquet.write(tmp_path / "notes.parquet", tables.NOTE_EMBEDDINGS, pa.table(embedded))
    given = {"dataset": "dataset.parquet", "embeddings": "notes.parquet", "output": "p.skops", "report": "p.json"}
    options = [word for name, file in given.items() for word in (f"--{name}", str(tmp_path / file))]
    options += ["--classifier", f"mine={address}", "--validation-notes", "50", "--memory-mb", "1000", "--seed", "1"]
    grid = [word for name in classifiers.at(address).settings for word in ("--grid", name, "0.1", "0.5")]
    subprocess.run([sys.executable, "scripts/train_probe.py", *options, *grid], check=True)
    probe = classifiers.load(tmp_path / "p.skops", classifiers.at(address))
    decision = probe.decision_function(rows.astype(np.float32))
    test = dataset["split"].to_numpy() == "test"
    found = json.loads((tmp_path / "p.json").read_text())["held_out"]
    assert found["accuracy"] == pytest.approx(((decision > 0) == dataset["label"].to_numpy())[test].mean(), abs=1e-4)


@pytest.mark.parametrize(
    ("old", "new"),
    [("radial_basis", "cubic"), ('"bias": ', '"bias": NaN, "was": '), ('"vectors": [', '"vectors": [7, ')],
)
def test_a_broken_decision_is_one_sentence(tmp_path, separable, old, new):
    classifier = SupportVectors()
    probe = classifier.fit(*separable, classifier.settings, 0)
    classifiers.save(probe, tmp_path / "whole.skops", classifier.decision(probe))
    with zipfile.ZipFile(tmp_path / "whole.skops") as whole, zipfile.ZipFile(tmp_path / "p.skops", "w") as broken:
        for name in whole.namelist():
            data = whole.read(name)
            broken.writestr(name, data.replace(old.encode(), new.encode()) if name == "decision.json" else data)
    with pytest.raises(UserError, match=r"p\.skops is no readable probe"):
        classifiers.load(tmp_path / "p.skops", classifier)


def test_the_kernels_cache_is_as_large_as_the_kernel_where_the_job_has_memory():
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(60, 4)).astype(np.float32), np.arange(60) % 2
    classifier, settings = SupportVectors(), {"C": 1.0, "gamma": 1.0}
    assert classifier.fit(rows, labels, settings, 0).cache_size == 200  # scikit-learn's own, at least
    many = np.tile(rows, (400, 1))  # 24,000 notes, whose kernel takes 2.3 GB
    with mock.patch("sklearn.svm.SVC.fit", lambda machine, *data: machine):
        sizes = []
        for classifier.memory_mb in (4000, 2000):
            sizes.append(classifier.fit(many, np.tile(labels, 400), settings, 0).cache_size)
    assert sizes == [pytest.approx(4 * 24000**2 / 1e6, rel=0.01), 1000]


def test_with_many_notes_intelex_fits_where_it_is_installed(tmp_path, monkeypatch, separable):
    from sklearn.svm import SVC

    class Machine(SVC):
        """As scikit-learn-intelex's, of a type that only it can load."""

    Machine.__module__ = "sklearnex.svm.svc"
    package, module = types.ModuleType("sklearnex"), types.ModuleType("sklearnex.svm")
    module.SVC = Machine
    monkeypatch.setitem(sys.modules, "sklearnex", package)
    monkeypatch.setitem(sys.modules, "sklearnex.svm", module)
    embeddings, labels = separable
    classifier = SupportVectors()
    few = classifier.fit(embeddings, labels, classifier.settings, 0)
    assert type(few) is SVC
    monkeypatch.setattr("musicologist.probes.svm._FASTER_FROM", 100)
    many = classifier.fit(embeddings, labels, classifier.settings, 0)
    assert np.abs(many.decision_function(embeddings) - few.decision_function(embeddings)).max() < 1e-4
    classifiers.save(many, tmp_path / "probe.skops", classifier.decision(many))
    loaded = classifiers.skops_io().load(tmp_path / "probe.skops", trusted=["numpy.dtype", *classifier.trusted])
    assert np.array_equal(loaded.decision_function(embeddings), many.decision_function(embeddings))


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
