"""What an experiment will be able to say: from numbers of prompts and clips, and from what a pilot knows, without simulation.

Scores are Gaussian with the same spread on both sides, clips of a prompt share the intraclass correlation, and a concept
shifts them: the model of ``simulation``. Then the variance of an AUC has a closed form, for the placement of a clip is
Phi(score), and the mean of the product of two of them is a bivariate normal probability.
"""

from dataclasses import dataclass

import numpy as np

FOUND = 0.8
"""The share of experiments that must find an AUC for it to be called the smallest that is found."""


@dataclass(frozen=True)
class Plan:
    """Prompts with and without a concept, clips of each, and the intraclass correlation of their decisions."""

    positives: float
    negatives: float
    samples: int
    correlation: float


def covariance(plan: Plan, first: float, second: float, same_level: bool = True) -> float:
    """Covariance of two ROC-AUCs with these true values; of one and the same where they are equal and of one level.

    Obuchowski (1997) has the clustered variance. At different levels clips of a prompt share what the prompt gives them.
    """
    from scipy.special import ndtri
    from scipy.stats import multivariate_normal

    def product(correlation: float) -> float:
        return multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf(ndtri([first, second]))

    shared = product(plan.correlation / 2)
    own = product(0.5) if same_level else shared
    within = own / plan.samples + (1 - 1 / plan.samples) * shared - first * second
    return float(within * (1 / plan.positives + 1 / plan.negatives))


def critical(plan: Plan, looks: float, alpha: float = 0.05) -> float:
    """The ROC-AUC that a level must exceed among so many independent ``looks`` (levels) to be significant at ``alpha``."""
    from scipy.special import ndtri

    return float(0.5 + ndtri((1 - alpha) ** (1 / looks)) * np.sqrt(covariance(plan, 0.5, 0.5)))


def looks(plan: Plan, critical_auc: float, alpha: float = 0.05) -> float:
    """How many independent looks the levels of a pilot amount to, at least 1, from the height that they had to exceed."""
    from scipy.special import ndtr

    z = (critical_auc - 0.5) / np.sqrt(covariance(plan, 0.5, 0.5))
    return float(max(1.0, np.log(1 - alpha) / np.log(ndtr(z))))


def detection(plan: Plan, auc: float, looks: float, alpha: float = 0.05) -> float:
    """The probability that a true ``auc`` at the last level is found there."""
    from scipy.special import ndtr

    return float(ndtr((auc - critical(plan, looks, alpha)) / np.sqrt(covariance(plan, auc, auc))))


def smallest(plan: Plan, looks: float, alpha: float = 0.05) -> float:
    """The smallest final ROC-AUC that is found in FOUND of experiments; NaN where .995 is not."""
    low, high = 0.5, 0.995
    if detection(plan, high, looks, alpha) < FOUND:
        return float("nan")
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if detection(plan, middle, looks, alpha) >= FOUND else (middle, high)
    return high


def half_excess_factor(plan: Plan, final: float, width: float) -> float:
    """By which factor the noise level of half of the excess can be off (95 %), of a logistic rise from chance to ``final``.

    ``width`` is that of the rise in natural logarithms of sigma. First order: the error of AUC(sigma) - .5 - (final - .5) / 2
    over the slope where it crosses zero, as if a level lay there.
    """
    middle = (0.5 + final) / 2
    variance = covariance(plan, middle, middle) + covariance(plan, final, final) / 4
    variance -= covariance(plan, middle, final, same_level=False)
    slope = (final - 0.5) / (4 * width)
    return float(np.exp(1.96 * np.sqrt(variance) / slope))
