"""Agreement beyond chance: kappa of labellings, intraclass correlation of decisions."""

import numpy as np


def kappa(votes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Agreement beyond chance (rows of weights,) of votes (prompts, passes) of 0 and 1, under weights (rows, prompts).

    Cohen's kappa (1960) for two passes, Fleiss' kappa (1971) for more; NaN where all votes are alike, so that chance explains
    any agreement.
    """
    total, passes = weights.sum(1), votes.shape[1]
    yes = votes.sum(1)
    if passes == 2:
        shares = (weights @ votes) / total[:, None]
        expected = shares.prod(1) + (1 - shares).prod(1)
    else:
        share = (weights @ yes) / (total * passes)
        expected = share**2 + (1 - share) ** 2
    pairs_alike = (yes * (yes - 1) + (passes - yes) * (passes - yes - 1)) / (passes * (passes - 1))
    observed = (weights @ pairs_alike) / total
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)


def icc_unbalanced(decision: np.ndarray, labels: np.ndarray, clusters: np.ndarray) -> float:
    """Share of the variance of decisions (clips,) within a label that lies between clusters of any size.

    From -1/(m - 1) for clusters of m clips to 1. One-way analysis of variance with clusters of unequal size (Donner 1986, Int.
    Stat. Rev. 54: 67). NaN where every cluster is one clip or nothing varies.
    """
    names, cluster = np.unique(np.stack([labels, clusters]), axis=1, return_inverse=True)
    cluster = cluster.reshape(-1)
    size = np.bincount(cluster)
    mean = np.bincount(cluster, decision) / size
    between = sum(
        float((size[mine] * (mean[mine] - np.average(mean[mine], weights=size[mine])) ** 2).sum())
        for mine in (names[0] == label for label in np.unique(labels))
    )
    within = float(((decision - mean[cluster]) ** 2).sum())
    labels_seen = len(np.unique(labels))
    freedom_between, freedom_within = len(size) - labels_seen, len(decision) - len(size)
    if freedom_within == 0 or freedom_between <= 0:
        return float("nan")
    squares = sum(
        float((size[names[0] == label] ** 2).sum() / size[names[0] == label].sum()) for label in np.unique(labels)
    )
    typical = (len(decision) - squares) / freedom_between
    return float(_icc(np.array(between / freedom_between), np.array(within / freedom_within), typical))


def icc_balanced(decision: np.ndarray) -> np.ndarray:
    """Share of the variance of decisions (..., prompts, branches) that lies between prompts, from -1/(branches - 1) to 1.

    Every prompt has as many branches, so that any number of resamples is one array. The one-way random effects ICC(1) of
    Shrout and Fleiss 1979 (Psychol. Bull. 86: 420). 0: what the branches have in common says nothing about the decision, 1: it
    says all. NaN where nothing varies.
    """
    *_, prompts, branches = decision.shape
    mean = decision.mean(-1, keepdims=True)
    between = branches * mean[..., 0].var(-1, ddof=1)
    within = ((decision - mean) ** 2).sum((-1, -2)) / (prompts * (branches - 1))
    return _icc(between, within, branches)


def icc_interval(decision: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of ``icc_balanced`` of decisions (prompts, branches): F of the two mean squares.

    Shrout and Fleiss 1979, for Gaussian decisions; a percentile bootstrap of few prompts is too narrow. NaN where nothing
    varies.
    """
    from scipy.special import fdtri

    prompts, branches = decision.shape
    mean = decision.mean(1, keepdims=True)
    between = branches * mean.var(ddof=1)
    within = ((decision - mean) ** 2).sum() / (prompts * (branches - 1))
    if within == 0:
        return (1.0, 1.0) if between > 0 else (float("nan"), float("nan"))
    freedom = prompts - 1, prompts * (branches - 1)
    ratio, level = between / within, (1 + confidence) / 2
    ends = ratio / fdtri(*freedom, level), ratio * fdtri(*freedom[::-1], level)
    low, high = ((end - 1) / (end + branches - 1) for end in ends)
    return float(low), float(high)


def _icc(between: np.ndarray, within: np.ndarray, size: float) -> np.ndarray:
    """The intraclass correlation of mean squares between and within clusters of this (typical) size."""
    total = between + (size - 1) * within
    return np.divide(between - within, total, out=np.full_like(total, np.nan), where=total > 0)


def pair_agreement(decision: np.ndarray) -> np.ndarray:
    """Share of the pairs of a prompt's branches that are on the same side, mean over prompts, of (..., prompts, branches).

    The sides are those of the median of all decisions, for a threshold learnt on notes may have all music on one side; so
    branches with nothing in common agree in about half of the pairs.
    """
    branches = decision.shape[-1]
    middle = np.median(decision.reshape(*decision.shape[:-2], -1), axis=-1)[..., None, None]
    above = (decision > middle).sum(-1)
    pairs = (above * (above - 1) + (branches - above) * (branches - above - 1)) / (branches * (branches - 1))
    return pairs.mean(-1)
