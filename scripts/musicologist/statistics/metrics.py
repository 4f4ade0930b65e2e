"""Figures of merit of one level: how well the clips of prompts with and without a concept are told apart."""

from collections.abc import Mapping

import numpy as np

OPERATING_POINTS = ("", "_prior", "_cv")
"""The probe's own threshold, the one that matches the prompts' prior, the one cross-validated at the last level."""

METRICS = (
    "accuracy",
    "tpr",
    "tnr",
    *(f"balanced_accuracy{point}" for point in OPERATING_POINTS),
    "roc_auc",
    "average_precision",
    "ap_over_prevalence",
)


def by_prompt(values: np.ndarray, prompts: np.ndarray, count: int) -> np.ndarray:
    """Values (clips,) as a float64 matrix (prompts, most clips a prompt), filled up with NaN; ``prompts`` index the rows."""
    order = np.argsort(prompts, kind="stable")
    size = np.bincount(prompts, minlength=count)
    column = np.arange(len(values)) - np.repeat(np.cumsum(size) - size, size)
    matrix = np.full((count, int(size.max(initial=0))), np.nan)
    matrix[prompts[order], column] = values[order]
    return matrix


def metrics(
    decision: np.ndarray,
    predicted: Mapping[str, np.ndarray],
    prompts: np.ndarray,
    labels: np.ndarray,
    drawn: np.ndarray,
) -> dict[str, np.ndarray]:
    """METRICS by name, each (resamples,), of clips whose prompts are drawn so often.

    Where ``predicted`` is empty, only the metrics that need no threshold are there: ROC-AUC and average precision.

    ``decision`` and ``prompts`` (an index into the rows of ``labels`` and ``drawn``) are (clips,); ``predicted`` gives the
    predicted labels (clips,) at each of OPERATING_POINTS; ``labels`` (prompts,) are 0 or 1; ``drawn`` is (prompts,
    resamples). ROC-AUC counts ties as a half; average precision is the sum of precision times the step in recall, as in
    scikit-learn. A resample in which a label was not drawn gives NaN.

    Clips are compared once; how often their prompts are drawn enters by matrix products, whatever the number of resamples.
    """
    size = np.bincount(prompts, minlength=len(labels))
    drawn_sides, sizes = [drawn[labels == side] for side in (0, 1)], [size[labels == side] for side in (0, 1)]
    totals = [n.astype(w.dtype) @ w for n, w in zip(sizes, drawn_sides, strict=True)]
    with np.errstate(divide="ignore", invalid="ignore"):
        found: dict[str, np.ndarray] = {}
        for point, calls in predicted.items():
            hits = np.bincount(prompts, calls == labels[prompts], minlength=len(labels)).astype(drawn.dtype)
            tnr, tpr = (hits[labels == side] @ drawn_sides[side] / totals[side] for side in (0, 1))
            if point == "":
                accuracy = (tpr * totals[1] + tnr * totals[0]) / (totals[0] + totals[1])
                found |= {"accuracy": accuracy, "tpr": tpr, "tnr": tnr}
            found[f"balanced_accuracy{point}"] = (tpr + tnr) / 2
        negatives, positives = (by_prompt(decision, prompts, len(labels))[labels == side] for side in (0, 1))
        auc, precision = _weighted_pairs(negatives, positives, *drawn_sides)
        found["roc_auc"] = auc / (totals[0] * totals[1])
        found["average_precision"] = precision / totals[1]
        found["ap_over_prevalence"] = found["average_precision"] * (totals[0] + totals[1]) / totals[1]
        undefined = (totals[0] == 0) | (totals[1] == 0)
    return {name: np.where(undefined, np.nan, found[name]) for name in METRICS if name in found}


def roc_auc(decision: np.ndarray, prompts: np.ndarray, labels: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """ROC-AUC (resamples,) alone, as ``metrics`` has it of the same arguments."""
    size, count = np.bincount(prompts, minlength=len(labels)), len(labels)
    sides = [labels == side for side in (0, 1)]
    negatives, positives = (by_prompt(decision, prompts, count)[side] for side in sides)
    pairs, _ = _compared(negatives, positives, drawn.dtype)
    totals = [size[side].astype(drawn.dtype) @ drawn[side] for side in sides]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _right(pairs, positives, *(drawn[side] for side in sides)) / (totals[0] * totals[1])
    return np.where((totals[0] == 0) | (totals[1] == 0), np.nan, found)


def _compared(negatives: np.ndarray, positives: np.ndarray, kind: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """For each prompt of ``negatives`` and clip of ``positives``: how many of the prompt's clips are below it (equal ones
    count a half), and how many are not below it. NaN compares as false with everything: places without a clip count nowhere.
    """
    flat = positives.reshape(-1)
    below = np.zeros((len(negatives), len(flat)), kind)
    above = np.zeros_like(below)
    for column in negatives.T:
        higher, equal = column[:, None] > flat, column[:, None] == flat
        above += higher
        above += equal
        below += column[:, None] < flat
        below += equal * kind.type(0.5)
    return below, above


def _right(
    below: np.ndarray, positives: np.ndarray, drawn_negative: np.ndarray, drawn_positive: np.ndarray
) -> np.ndarray:
    """Pairs in the right order (resamples,)."""
    pairs = below.reshape(len(below), *positives.shape).sum(2)
    return np.einsum("pb,pb->b", drawn_positive, pairs.T @ drawn_negative)


def _weighted_pairs(
    negatives: np.ndarray, positives: np.ndarray, drawn_negative: np.ndarray, drawn_positive: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs in the right order and precisions summed over positive clips, each (resamples,).

    A rank sum (``auc.of_rank_sum``) would need a sorting for each resample; here pairs of clips are compared once, and how
    often their prompts are drawn weighs them.
    """
    flat, kind = positives.reshape(-1), drawn_negative.dtype
    below, above = _compared(negatives, positives, kind)
    beside = np.zeros((len(positives), len(flat)), kind)
    for column in positives.T:
        beside += column[:, None] >= flat
    right = _right(below, positives, drawn_negative, drawn_positive)
    true, false = beside.T @ drawn_positive, above.T @ drawn_negative
    called = true + false
    precision = np.divide(true, called, out=np.zeros_like(true), where=called > 0)
    weight = np.repeat(drawn_positive, positives.shape[1], axis=0) * np.isfinite(flat)[:, None]
    return right, np.einsum("cb,cb->b", weight, precision)


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
