"""Folds for cross-validation, those that scikit-learn would make, without its import.

A job that chooses notes or compares baselines imports it longer than it computes.
"""

import numpy as np

Fold = tuple[np.ndarray, np.ndarray]
"""Indices to train on and to test on."""


def grouped(labels: np.ndarray, groups: np.ndarray, count: int, seed: int) -> list[Fold]:
    """``count`` folds in which no group is on both sides and labels are shared out as evenly as whole groups allow.

    ``labels`` and ``groups`` are (n,). The same as scikit-learn's StratifiedGroupKFold, shuffled: groups go, the most uneven
    first, where the labels' shares then differ least between folds.
    """
    _, label, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    _, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((group.max() + 1, len(sizes)))
    np.add.at(counts, (group, label), 1)
    order = np.arange(len(counts))
    np.random.RandomState(seed).shuffle(order)
    place = np.empty_like(order)
    shuffled = counts[order]
    held, shares = np.zeros((count, len(sizes))), np.empty((count, count, len(sizes)))
    for number in np.argsort(-np.std(shuffled, axis=1), kind="stable"):
        shares[:] = held
        shares[range(count), range(count)] += shuffled[number]
        uneven = np.std(shares / sizes, axis=1).mean(1)
        best = _first_best(uneven, held.sum(1))
        held[best] += shuffled[number]
        place[order[number]] = best
    return _of_places(place[group], count)


def _first_best(uneven: np.ndarray, sizes: np.ndarray) -> int:
    """The fold with the least, of equal ones the smallest; asked in order, as scikit-learn does."""
    best, least, smallest = 0, np.inf, np.inf
    for fold, (value, size) in enumerate(zip(uneven.tolist(), sizes.tolist(), strict=True)):
        if value < least or (np.isclose(value, least) and size < smallest):
            best, least, smallest = fold, value, size
    return best


def stratified(labels: np.ndarray, count: int, seed: int) -> list[Fold]:
    """``count`` folds of rows drawn at random, each with the labels (n,) in about their shares.

    The same as scikit-learn's StratifiedKFold, shuffled.
    """
    _, first, label = np.unique(labels, return_index=True, return_inverse=True)
    label = np.unique(first, return_inverse=True)[1][label]  # numbered in the order in which they appear
    ordered, rng = np.sort(label), np.random.RandomState(seed)
    places = np.empty(len(labels), int)
    shares = np.array([np.bincount(ordered[fold::count], minlength=len(first)) for fold in range(count)])
    for kind in range(len(first)):
        mine = np.arange(count).repeat(shares[:, kind])
        rng.shuffle(mine)
        places[label == kind] = mine
    return _of_places(places, count)


def _of_places(places: np.ndarray, count: int) -> list[Fold]:
    return [(np.flatnonzero(places != fold), np.flatnonzero(places == fold)) for fold in range(count)]
