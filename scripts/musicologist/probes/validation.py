"""Cross-validation of probes on notes: choosing their settings, and how much a careless split would have flattered them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from musicologist.probes.classifiers import Classifier, Score, Settings
from musicologist.statistics import folds
from musicologist.statistics.auc import placements
from musicologist.statistics.folds import Fold

FOLDS = 3


@dataclass(frozen=True)
class LabelledNotes:
    """Notes to learn from: embeddings (notes, 512), labels 0 or 1 and instruments (notes,)."""

    embeddings: np.ndarray
    labels: np.ndarray
    instruments: np.ndarray

    def some(self, limit: int, seed: int) -> "LabelledNotes":
        """At most ``limit`` of them, drawn at random."""
        if len(self.labels) <= limit:
            return self
        mine = np.sort(np.random.default_rng(seed).choice(len(self.labels), limit, replace=False))
        return LabelledNotes(self.embeddings[mine], self.labels[mine], self.instruments[mine])


def grouped_folds(notes: LabelledNotes, seed: int) -> list[Fold]:
    """(train, test) indices in which no instrument is on both sides; fewer than FOLDS where a label has fewer instruments.

    None at all where a label has a single instrument.
    """
    fewest = min(len(set(notes.instruments[notes.labels == label])) for label in (0, 1))
    if fewest < 2:
        return []
    return folds.grouped(notes.labels, notes.instruments, min(FOLDS, fewest), seed)


def random_folds(labels: np.ndarray, seed: int) -> list[Fold]:
    """(train, test) indices that ignore instruments, as the original study's split did."""
    return folds.stratified(labels, FOLDS, seed)


def choose(
    classifier: Classifier, notes: LabelledNotes, grid: Mapping[str, Sequence[float]], seed: int
) -> dict[str, float]:
    """The settings that rank notes of held-out instruments best, of all combinations of the values in ``grid``.

    The first where several are equal or there is nothing to choose or to choose by; the first setting varies fastest.
    """
    names = list(grid)
    combinations = product(*(grid[name] for name in reversed(names)))
    candidates = [dict(zip(names, reversed(values), strict=True)) for values in combinations]
    split = grouped_folds(notes, seed) if len(candidates) > 1 else []
    if not split:
        return candidates[0]
    score = classifier.scorer(notes.embeddings, seed)
    return max(candidates, key=lambda settings: _mean_auc(score, notes.labels, split, settings))


def report(classifier: Classifier, notes: LabelledNotes, settings: Settings, seed: int) -> dict[str, Any]:
    """ROC-AUC on held-out notes when instruments are held out, when notes are, and of a control task.

    ``leakage`` is what a random split adds: the share of the instrument that a probe can recognise. The control task gives
    each instrument a label at random (Hewitt and Liang 2019, arXiv 1909.03368): a probe that learns it as well as the concept
    memorises instruments; ``selectivity`` is the concept's area minus the control's, both on a random split.
    """
    score = classifier.scorer(notes.embeddings, seed)
    grouped, random = grouped_folds(notes, seed), random_folds(notes.labels, seed)
    control = _control_labels(notes, seed)
    found = {
        "grouped_auc": _mean_auc(score, notes.labels, grouped, settings),
        "random_auc": _mean_auc(score, notes.labels, random, settings),
        "control_auc": _mean_auc(score, control, random_folds(control, seed), settings),
    }
    found["leakage"] = found["random_auc"] - found["grouped_auc"]
    found["selectivity"] = found["random_auc"] - found["control_auc"]
    return {"notes": len(notes.labels), "folds": len(grouped), **found}


def _control_labels(notes: LabelledNotes, seed: int) -> np.ndarray:
    names, index = np.unique(notes.instruments, return_inverse=True)
    label = np.random.default_rng(seed).permutation(np.arange(len(names)) % 2)
    return label[index]


def _mean_auc(score: Score, labels: np.ndarray, split: Sequence[Fold], settings: Settings) -> float:
    """Mean over folds with both labels on both sides of the ROC-AUC on the held-out one; NaN without such a fold."""
    areas = []
    for train, test in split:
        if any(len(set(labels[side])) < 2 for side in (train, test)):
            continue
        placed = placements(score(labels, train, test, settings), labels[test])
        areas.append(float(placed[labels[test] == 1].mean()))
    return float(np.mean(areas)) if areas else float("nan")
