"""Figures of merit along the trajectory, with intervals from a bootstrap that resamples prompts, not clips."""

from collections.abc import Mapping

import numpy as np

METRICS = ("accuracy", "tpr", "tnr", "balanced_accuracy", "roc_auc", "average_precision")
INTERVAL = (2.5, 97.5)  # percent


def resampling_weights(prompts: np.ndarray, labels: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Weights (1 + resamples, clips) of clips: ones, then how often each clip's prompt was drawn.

    Prompts are drawn with replacement among those of the same label, so both classes keep their size; the clips of a prompt
    stay together (cluster bootstrap, Davison and Hinkley 1997, section 3.8).
    """
    rng = np.random.default_rng(seed)
    weights = np.ones((1 + resamples, len(prompts)), np.float64)
    for label in (0, 1):
        mine = labels == label
        distinct, index = np.unique(prompts[mine], return_inverse=True)
        if len(distinct):
            drawn = rng.multinomial(len(distinct), np.full(len(distinct), 1 / len(distinct)), size=resamples)
            weights[1:, mine] = drawn[:, index]
    return weights


def metrics(
    decision: np.ndarray, predicted: np.ndarray, labels: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """METRICS by name, each (rows of weights,), for clips with decision values, predicted and true labels (clips,).

    ROC-AUC counts ties as a half; average precision is the sum of precision times the step in recall, as in scikit-learn.
    """
    positive, negative = weights * (labels == 1), weights * (labels == 0)
    n_positive, n_negative = positive.sum(1), negative.sum(1)
    tpr = (positive * (predicted == 1)).sum(1) / n_positive
    tnr = (negative * (predicted == 0)).sum(1) / n_negative
    order = np.argsort(-decision, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(decision[order]) != 0])
    positive_at = np.add.reduceat(positive[:, order], first, axis=1)
    negative_at = np.add.reduceat(negative[:, order], first, axis=1)
    true, false = positive_at.cumsum(1), negative_at.cumsum(1)
    below = n_negative[:, None] - false + negative_at / 2
    called = true + false
    precision = np.divide(true, called, out=np.zeros_like(true), where=called > 0)
    return {
        "accuracy": (tpr * n_positive + tnr * n_negative) / (n_positive + n_negative),
        "tpr": tpr,
        "tnr": tnr,
        "balanced_accuracy": (tpr + tnr) / 2,
        "roc_auc": (positive_at * below).sum(1) / (n_positive * n_negative),
        "average_precision": (precision * positive_at).sum(1) / n_positive,
    }


def measure(columns: Mapping[str, np.ndarray], weights_seed: int, resamples: int) -> dict[str, float | int]:
    """Counts and METRICS with intervals for the clips of one classifier, signal and step.

    ``columns`` are those of the schema ``scores``; clips whose prompt is on neither side (label not 0 or 1) do not count.
    With fewer than two prompts on a side nothing can be said, and all metrics are NaN.
    """
    known = np.isin(columns["prompt_label"], (0, 1))
    labels = columns["prompt_label"][known].astype(int)
    prompts = columns["prompt_id"][known]
    row: dict[str, float | int] = {
        "n_pos_prompts": len(np.unique(prompts[labels == 1])),
        "n_neg_prompts": len(np.unique(prompts[labels == 0])),
        "n_pos": int((labels == 1).sum()),
        "n_neg": int((labels == 0).sum()),
    }
    usable = min(row["n_pos_prompts"], row["n_neg_prompts"]) >= 2
    if usable:
        weights = resampling_weights(prompts, labels, resamples, weights_seed)
        found = metrics(columns["decision"][known], columns["predicted"][known], labels, weights)
    for name in METRICS:
        row[name] = float(found[name][0]) if usable else float("nan")
        low, high = np.percentile(found[name][1:], INTERVAL) if usable else (float("nan"), float("nan"))
        row[f"{name}_low"], row[f"{name}_high"] = float(low), float(high)
    return row
