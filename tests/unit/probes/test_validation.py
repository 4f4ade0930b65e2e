from itertools import product

import numpy as np
import pytest
from musicologist.probes import validation
from musicologist.probes.logistic import Logistic
from musicologist.probes.svm import SupportVectors


def notes(leaking, instruments=40, each=10, size=8, seed=0):
    """Notes whose instruments can be told apart (or not); the concept is weak, or strong, beside them."""
    rng = np.random.default_rng(seed)
    index = np.repeat(np.arange(instruments), each)
    labels = index % 2
    embeddings = rng.normal(size=(len(index), size)) * 0.5
    embeddings[:, 0] += 1.2 * labels
    if leaking:
        embeddings += 2 * rng.normal(size=(instruments, size))[index]
    return validation.LabelledNotes(embeddings, labels, np.char.add("i", index.astype(str)))


@pytest.mark.parametrize("classifier", [Logistic(), SupportVectors()], ids=["logistic", "svm"])
def test_the_leakage_is_seen_where_instruments_can_be_recognised_and_nowhere_else(classifier):
    strong, plain = {"C": 10.0, "gamma": 1.0}, {"C": 1.0, "gamma": 1.0}
    leaking = validation.report(classifier, notes(True), strong, seed=0)
    sound = [validation.report(classifier, notes(False, seed=seed), plain, seed=0) for seed in range(3)]
    assert leaking["leakage"] > 0.05
    assert all(abs(found["leakage"]) < 0.02 for found in sound)
    assert all(found["selectivity"] > 0.2 for found in sound)
    assert leaking["selectivity"] < sound[0]["selectivity"]


def test_folds_share_no_instrument():
    some = notes(True)
    folds = validation.grouped_folds(some, 1)
    assert len(folds) == validation.FOLDS
    for train, test in folds:
        assert not set(some.instruments[train]) & set(some.instruments[test])
        assert set(some.labels[train]) == set(some.labels[test]) == {0, 1}


@pytest.mark.parametrize("classifier", [Logistic(), SupportVectors()], ids=["logistic", "svm"])
def test_the_strength_that_ranks_held_out_instruments_best_is_chosen(classifier):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.svm import SVC

    some = notes(True, seed=3)
    grid = {"C": [1e-3, 1.0], "gamma": [0.2, 20.0]}
    grid = {name: grid[name] for name in classifier.settings}
    chosen = validation.choose(classifier, some, grid, 0)

    def score(strength, gamma=None):
        machine = LogisticRegression(C=strength)
        if gamma is not None:
            machine = SVC(C=strength, gamma=gamma / (some.embeddings.shape[1] * some.embeddings.var()))
        folds = validation.grouped_folds(some, 0)
        return cross_val_score(machine, some.embeddings, some.labels, cv=folds, scoring="roc_auc").mean()

    every = {values: score(*values) for values in product(*grid.values())}
    assert every[tuple(chosen.values())] == pytest.approx(max(every.values()), abs=1e-9)
    assert list(chosen) == list(classifier.settings)


def test_of_equal_settings_the_first_is_chosen_and_the_first_setting_varies_fastest():
    class Indifferent(Logistic):
        def __init__(self):
            self.seen = []

        def fit(self, embeddings, labels, settings, seed):
            self.seen.append(tuple(settings.values()))
            return super().fit(embeddings, labels, {"C": 1.0}, seed)

    mine, grid = Indifferent(), {"a": [5.0, 4.0], "b": [1.0, 2.0]}
    assert validation.choose(mine, notes(True), grid, 0) == {"a": 5.0, "b": 1.0}
    assert list(dict.fromkeys(mine.seen)) == [(5, 1), (4, 1), (5, 2), (4, 2)]


def test_with_one_instrument_there_is_no_grouped_figure_and_the_first_candidate_stands():
    some = notes(False, instruments=2)
    settings = validation.choose(SupportVectors(), some, {"C": [3.0, 4.0], "gamma": [1.0, 2.0]}, 0)
    assert settings == {"C": 3.0, "gamma": 1.0}
    found = validation.report(SupportVectors(), some, settings, 0)
    assert np.isnan(found["leakage"]) and np.isfinite(found["random_auc"])


def test_no_more_notes_than_the_limit():
    some = notes(False).some(100, seed=1)
    assert len(some.labels) == len(some.instruments) == len(some.embeddings) == 100
    assert len(notes(False).some(1000, seed=1).labels) == 400
