"""Operating points: where to cut decision values when the probe's own threshold did not survive from notes to music."""

import numpy as np


def matching_prior(decision: np.ndarray, prior: float) -> float:
    """The threshold above which the share ``prior`` of the decision values (clips,) lies; it looks at no clip's label.

    Matching the predicted to the expected share of positives (Saerens, Latinne and Decaestecker 2002, Neural Comput. 14: 21,
    adjust to a known prior likewise). The threshold is half way between two decision values.
    """
    ordered = np.sort(decision)[::-1]
    called = min(max(round(prior * len(ordered)), 0), len(ordered))
    if called == 0:
        return float(ordered[0])
    return float("-inf") if called == len(ordered) else float((ordered[called - 1] + ordered[called]) / 2)


def best_balanced(decision: np.ndarray, labels: np.ndarray) -> float:
    """The threshold with the largest balanced accuracy on these clips (Youden 1950); the highest where several tie.

    It is half way between two decision values. Needs clips of both labels.
    """
    order = np.argsort(-decision, kind="stable")
    positive = labels[order] == 1
    gain = np.cumsum(positive) / positive.sum() - np.cumsum(~positive) / (~positive).sum()
    ends = np.flatnonzero(np.r_[np.diff(decision[order]) != 0, True])
    best = ends[gain[ends].argmax()]
    if best == len(order) - 1:
        return float("-inf")
    return float((decision[order][best] + decision[order][best + 1]) / 2)


def cross_fitted(decision: np.ndarray, labels: np.ndarray, prompts: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """A threshold for each clip (clips,), chosen for balanced accuracy on the prompts of the other folds.

    Prompts are dealt to folds label by label, so a prompt's clips stay together and every fold has both labels; with fewer
    prompts of a label than ``folds`` there are so many folds. Needs two prompts of each label.
    """
    names, index = np.unique(prompts, return_inverse=True)
    label = np.zeros(len(names), int)
    label[index] = labels
    folds = min(folds, *(int((label == side).sum()) for side in (0, 1)))
    rng = np.random.default_rng(seed)
    fold = np.empty(len(names), int)
    for side in (0, 1):
        mine = rng.permutation(np.flatnonzero(label == side))
        fold[mine] = np.arange(len(mine)) % folds
    found = np.empty(len(decision))
    for number in range(folds):
        held_out = fold[index] == number
        found[held_out] = best_balanced(decision[~held_out], labels[~held_out])
    return found
