"""Area under the ROC curve of clips that come in prompts: its value, standard error, interval and design effect."""

from dataclasses import dataclass, replace

import numpy as np

from musicologist.statistics.distributions import student_quantile


@dataclass(frozen=True)
class Auc:
    """An area under the ROC curve.

    ``variance`` is that of clips in clusters, ``variance_iid`` what independent clips would have, ``freedom`` the degrees of
    freedom of ``variance``, ``smaller_side`` the number of clusters of the class that has fewer.
    """

    value: float
    variance: float
    variance_iid: float
    freedom: float
    smaller_side: int

    @property
    def design_effect(self) -> float:
        """How many times the variance is that of as many independent clips; NaN where that is zero."""
        return self.variance / self.variance_iid if self.variance_iid > 0 else float("nan")


def midranks(values: np.ndarray) -> np.ndarray:
    """Ranks (n,) from 1 of ``values`` (n,), equal values sharing their mean rank.

    As scipy.stats.rankdata, without the import of scipy.stats, which takes a job longer than the ranks.
    """
    order = np.argsort(values, kind="stable")
    first = np.flatnonzero(np.r_[True, np.diff(values[order]) != 0])
    size = np.diff(np.r_[first, len(values)])
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(first + (size + 1) / 2, size)
    return ranks


def of_rank_sum(rank_sum: np.ndarray, n_positive: np.ndarray | int, n_negative: np.ndarray | int) -> np.ndarray:
    """ROC-AUC out of the sum of the positives' ranks among all (Mann and Whitney 1947); the three broadcast."""
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def area(decision: np.ndarray, labels: np.ndarray) -> float:
    """ROC-AUC of decision values (n,) with labels 0 or 1 (n,), ties as a half; needs both labels."""
    positive = labels == 1
    return float(of_rank_sum(midranks(decision)[positive].sum(), positive.sum(), (~positive).sum()))


def placements(decision: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For each clip the share of clips of the other label (0 or 1) that it is on the right side of, ties as a half."""
    ranks, inside = midranks(decision), np.empty(len(decision))
    for label in (0, 1):
        inside[labels == label] = midranks(decision[labels == label])
    n_positive = int((labels == 1).sum())
    n_negative = len(labels) - n_positive
    below = ranks - inside
    return np.where(labels == 1, below / n_negative, 1 - below / n_positive)


def clustered(decision: np.ndarray, labels: np.ndarray, clusters: np.ndarray) -> Auc:
    """ROC-AUC of clips (n,) with labels 0 or 1, and its variance where the clips of a cluster are not independent.

    DeLong's variance for clustered data (Obuchowski 1997, Biometrics 53: 567). Degrees of freedom after Satterthwaite, as in
    Brunner and Munzel (2000), with whose test this agrees where each cluster is one clip. Needs two clusters of each label.
    """
    return _of_placements(placements(decision, labels), labels, clusters)


def difference(first: np.ndarray, second: np.ndarray, labels: np.ndarray, clusters: np.ndarray) -> Auc:
    """By how much the area of ``first`` (n,) is larger than that of ``second`` (n,) on the same clips, as ``clustered``.

    DeLong's variance of a difference, by pairs: the placements of the same clip are subtracted.
    """
    return _of_placements(placements(first, labels) - placements(second, labels), labels, clusters)


def _of_placements(placed: np.ndarray, labels: np.ndarray, clusters: np.ndarray) -> Auc:
    value = float(placed[labels == 1].mean())
    _, cluster = np.unique(clusters, return_inverse=True)
    sums, parts, iid = [], [], 0.0
    for label in (1, 0):
        mine = labels == label
        size = np.bincount(cluster[mine], minlength=cluster.max() + 1)
        sums.append(np.bincount(cluster[mine], placed[mine] - value, minlength=cluster.max() + 1) / mine.sum())
        count = int((size > 0).sum())
        parts.append((float((sums[-1] ** 2).sum()) * count / (count - 1), count))
        iid += float(placed[mine].var(ddof=1)) / mine.sum()
    total = len(sums[0])
    both = 2 * total / (total - 1) * float(sums[0] @ sums[1])
    variance = max(0.0, sum(part for part, _ in parts) + both)
    spread = sum(part**2 / (count - 1) for part, count in parts)
    freedom = sum(part for part, _ in parts) ** 2 / spread if spread > 0 else float("inf")
    return Auc(value, variance, iid, freedom, min(count for _, count in parts))


FEWEST_CLUSTERS = 5
"""On each side, for an interval of an AUC: of fewer it sits too high, the truth below it in up to 12 % of experiments."""


_NEITHER = 0.2
"""Clusters placed at chance that are added to the smaller side, for the end of an interval that is nearer to chance."""


def interval(auc: Auc, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of an AUC: symmetric on the logit, but for a correction where few prompts are told apart nearly all.

    Where nearly all clusters are told apart without a mistake the variance is too small as often as the AUC is too high, and
    the truth lies below such intervals. So they reach as far towards chance as that of the AUC with a fifth of a cluster
    placed at chance added, in the spirit of Agresti and Coull (1998, Am. Stat. 52: 119), with the variance in proportion to
    A (1 - A): the truth is covered as often as it should be from ten prompts on (``make check-statistics``).

    NaN with fewer than FEWEST_CLUSTERS on a side, and where scores are all the same, which say nothing. Where the clusters
    are told apart without a mistake the variance says nothing either; then the interval is that of as many successes in as
    many trials as the smaller side has clusters (Clopper and Pearson 1934).
    """
    tail = (1 - confidence) / 2
    perfect = auc.value in (0.0, 1.0)
    if auc.smaller_side < FEWEST_CLUSTERS or (auc.variance == 0 and not perfect):
        return float("nan"), float("nan")
    if perfect:
        bound = tail ** (1 / auc.smaller_side)
        return (bound, 1.0) if auc.value == 1 else (0.0, 1 - bound)
    added = (auc.value * auc.smaller_side + _NEITHER / 2) / (auc.smaller_side + _NEITHER)
    scale = added * (1 - added) / (auc.value * (1 - auc.value))
    nearer = replace(auc, value=added, variance=auc.variance * scale)
    lows, highs = zip(of_logit(auc, confidence), of_logit(nearer, confidence), strict=True)
    return min(lows), max(highs)


def of_logit(auc: Auc, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of an AUC that is symmetric on the logit, with a t quantile; needs a value between 0 and 1."""
    centre = np.log(auc.value / (1 - auc.value))
    quantile = student_quantile(auc.freedom, 1 - (1 - confidence) / 2)
    half = quantile * np.sqrt(auc.variance) / (auc.value * (1 - auc.value))
    low, high = 1 / (1 + np.exp(-(centre + np.array([-half, half]))))
    return float(low), float(high)


def areas(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """ROC-AUC (concepts,) of many score columns at once: ``scores`` (clips, concepts), ``labels`` (clips,).

    Equal scores are ranked in their order, not shared: among scores of random directions there are none to speak of.
    """
    order = np.argsort(np.ascontiguousarray(scores.T), axis=1)
    positive = (labels == 1)[order]
    n_positive = int((labels == 1).sum())
    ranks = positive @ np.arange(1, len(labels) + 1, dtype=np.float64)
    return of_rank_sum(ranks, n_positive, len(labels) - n_positive)
