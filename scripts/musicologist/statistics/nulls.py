"""What curves look like where there is nothing: permuted and mismatched labels, covariates taken out, many looks corrected."""

from dataclasses import dataclass

import numpy as np

from musicologist.statistics import auc


def permuted_labels(
    decision: np.ndarray, prompts: np.ndarray, labels: np.ndarray, permutations: int, seed: int
) -> np.ndarray:
    """ROC-AUC (permutations, levels) when the labels are dealt to the prompts anew.

    ``decision`` is (levels, clips), ``prompts`` (clips,) index ``labels`` (prompts,) of 0 or 1. All levels see the same
    permutation, and clips of a prompt stay together, which is what is exchangeable when a label says nothing. Nothing is
    fitted again: the area is a sum of ranks (Mann and Whitney 1947), and ranks do not change.
    """
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(labels.astype(float), (permutations, 1)), axis=1)
    size = np.bincount(prompts, minlength=len(labels))
    ranks = np.stack([np.bincount(prompts, auc.midranks(level), minlength=len(labels)) for level in decision])
    n_positive = dealt @ size
    n_negative = size.sum() - n_positive
    return auc.of_rank_sum(dealt @ ranks.T, n_positive[:, None], n_negative[:, None])


@dataclass(frozen=True)
class Verdict:
    """What a null says about a curve (levels,).

    ``p`` is that of the whole curve, ``adjusted`` (levels,) those of its levels corrected for their number, and ``critical``
    (levels,) the height that a level must exceed to be significant at 5 % after this correction.
    """

    p: float
    adjusted: np.ndarray
    critical: np.ndarray


def max_t(observed: np.ndarray, null: np.ndarray, alpha: float = 0.05) -> Verdict:
    """One-sided test of a curve (levels,) against null curves (nulls, levels), familywise over the levels.

    Single-step max-T (Westfall and Young 1993, section 2.3): each level is standardised by the null's own mean and spread,
    and compared with the null's largest over all levels. The observed curve counts as one of the null's, so no p is zero
    (Phipson and Smyth 2010). NaN in ``observed`` makes p NaN.
    """
    centre, spread = null.mean(0), null.std(0)
    scale = np.where(spread > 0, spread, 1.0)
    largest = np.sort(((null - centre) / scale).max(1))
    score = (observed - centre) / scale
    exceeding = len(largest) - np.searchsorted(largest, score - 1e-12)
    adjusted = np.where(np.isnan(score), np.nan, (1 + exceeding) / (1 + len(largest)))
    allowed = int(np.floor(alpha * (1 + len(largest)))) - 1
    quantile = largest[len(largest) - 1 - allowed] if allowed >= 0 else np.inf
    return Verdict(float(adjusted.min()), adjusted, centre + quantile * scale)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """q values (tests,): the false discovery rate at which each test would be called (Benjamini and Hochberg 1995).

    A p that is NaN is no test: its q is NaN and the others are corrected for their own number.
    """
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if len(tested):
        order = tested[np.argsort(p[tested], kind="stable")]
        scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
        q[order] = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1)
    return q


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


def conditional(decision: np.ndarray, named: np.ndarray) -> np.ndarray:
    """Decision values (levels, clips) without what ``named`` (clips, aspects) explains linearly, whatever the labels are.

    The residuals of the model without the label (Freedman and Lane 1983, The Statistician 32: 292): what a concept shares with
    an aspect named beside it is given to the aspect. So permuted labels keep their level of error, and a concept that is
    hardly ever named without another loses its curve: the prompts cannot tell the two apart. Fitted on the negatives, or
    beside the label, the error of each aspect's share would fall on the few prompts that have both.
    """
    design = np.column_stack([np.ones(len(named)), named])
    coefficients = np.linalg.lstsq(design, decision.T, rcond=None)[0]
    return decision - (design @ coefficients).T


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
