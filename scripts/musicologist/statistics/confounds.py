"""What else could make a curve: covariates, and prompts that have one another's labels."""

import numpy as np

from musicologist.statistics import auc

ROTATIONS = 200
"""Mismatched labellings at most, for each curve."""


def partialled(decision: np.ndarray, covariates: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Decision values (clips,) without what covariates (clips, size) explain linearly among the clips without the concept.

    The AUC of these is the covariate-adjusted AUC with a linear location model (Janes and Pepe 2009, Biometrika 96: 371): how
    well clips are told apart that are equally loud, bright and noisy. Fitting it on the negatives alone keeps a concept that
    is itself loud or bright from being its own explanation.
    """
    spread = covariates.std(0)
    design = np.column_stack(
        [np.ones(len(decision)), (covariates - covariates.mean(0)) / np.where(spread > 0, spread, 1)]
    )
    negative = labels == 0
    coefficients = np.linalg.lstsq(design[negative], decision[negative], rcond=None)[0]
    return decision - design @ coefficients


def mismatched(decision: np.ndarray, prompts: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """ROC-AUC (rotations,) of decision values (clips,) when every prompt has the label of another.

    ``prompts`` (clips,) index ``labels`` (prompts,), which are 0 or 1. The prompts are put on a circle in random order, and
    their labels are turned round it, one rotation after another: each rotation has as many of each label, and only the match
    of a clip with its own prompt is lost.
    """
    circle = np.random.default_rng(seed).permutation(len(labels))
    shifts = range(1, len(labels), max(1, len(labels) // ROTATIONS))
    turned = np.empty((len(shifts), len(labels)))
    for row, shift in zip(turned, shifts, strict=True):
        row[circle] = labels[np.roll(circle, shift)]
    positive = turned[:, prompts]
    n_positive = positive.sum(1)
    return auc.of_rank_sum(positive @ auc.midranks(decision), n_positive, len(prompts) - n_positive)
