"""Differences of areas under the ROC curve that were measured on the same prompts, and means of such differences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musicologist.statistics import auc
from musicologist.statistics.distributions import student_quantile


@dataclass(frozen=True)
class Difference:
    """A difference with the parts (clusters,) of its error that come from each cluster: they add up to about nothing.

    ``freedom`` are the degrees of freedom of the variance that the parts make.
    """

    value: float
    parts: np.ndarray
    freedom: float


def difference(
    first: np.ndarray, second: np.ndarray, labels: np.ndarray, clusters: np.ndarray, count: int
) -> Difference:
    """AUC of ``first`` minus AUC of ``second``, decisions (n,) on clips with labels 0 or 1 in ``clusters`` (n,) of ``count``.

    DeLong, DeLong and Clarke-Pearson 1988 for clustered clips (Obuchowski 1997, Biometrics 53: 567): each cluster's part is
    what its clips' placements differ from the mean. Needs two clusters of each label.
    """
    placed = auc.placements(first, labels) - auc.placements(second, labels)
    value = float(placed[labels == 1].mean())
    parts, spreads = np.zeros(count), []
    for label in (0, 1):
        mine = labels == label
        there = len(np.unique(clusters[mine]))
        part = np.bincount(clusters[mine], placed[mine] - value, minlength=count) / mine.sum()
        part *= np.sqrt(there / (there - 1))
        parts += part
        spreads.append((float((part**2).sum()), there))
    spread = sum(part**2 / (there - 1) for part, there in spreads)
    total = sum(part for part, _ in spreads)
    return Difference(value, parts, total**2 / spread if spread > 0 else float("inf"))


def mean(differences: Sequence[Difference]) -> Difference:
    """The mean of differences on the same clusters, of several concepts say: what they share stays shared."""
    parts = np.mean([one.parts for one in differences], axis=0)
    return Difference(float(np.mean([one.value for one in differences])), parts, max(1.0, (parts != 0).sum() - 1))


def interval(found: Difference, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a difference, with a t quantile; NaN where nothing varies, for that says nothing of its error."""
    variance = float((found.parts**2).sum())
    if variance == 0:
        return float("nan"), float("nan")
    half = student_quantile(found.freedom, (1 + confidence) / 2) * np.sqrt(variance)
    return found.value - half, found.value + half
