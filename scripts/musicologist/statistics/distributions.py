"""Quantiles and probabilities of the normal distribution and of Student's t, number by number.

As scipy.special's, without its import, which takes a job of the analysis longer than all of its quantiles.
"""

import math
from functools import cache
from statistics import NormalDist

_STEPS = 200
"""Of the continued fraction, and of Newton's method; both end sooner."""


def normal(value: float) -> float:
    """The probability that a standard normal variable is below ``value``."""
    return math.erfc(-value / math.sqrt(2)) / 2


def student(freedom: float, value: float) -> float:
    """The probability that Student's t with ``freedom`` degrees of freedom, which may be infinite, is below ``value``."""
    if math.isinf(freedom):
        return normal(value)
    tail = _incomplete_beta(freedom / (freedom + value**2), freedom / 2, 0.5) / 2
    return tail if value < 0 else 1 - tail


@cache
def student_quantile(freedom: float, probability: float) -> float:
    """The value below which Student's t with ``freedom`` degrees of freedom, which may be infinite, lies so often.

    NaN where the probability is not between 0 and 1, or there is no freedom.
    """
    if not (0 < probability < 1 and freedom > 0):
        return float("nan")
    if probability == 0.5:
        return 0.0
    found = -NormalDist().inv_cdf(probability if probability < 0.5 else 1 - probability)
    if math.isinf(freedom):
        return math.copysign(found, probability - 0.5)
    tail = math.log(min(probability, 1 - probability))
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    low, high = 0.0, math.inf
    for _ in range(_STEPS):  # Newton's method on the logarithm of the tail, which bends little; halved where it leaves
        beyond = math.log(student(freedom, -found))
        low, high = (found, high) if beyond > tail else (low, found)
        density = math.exp(scale - (freedom + 1) / 2 * math.log1p(found**2 / freedom) - beyond)
        step = (beyond - tail) / density
        if abs(step) <= 1e-14 * found:
            break
        found = found + step if low < found + step < high else (low + high) / 2 if high < math.inf else 2 * found
    return math.copysign(found, probability - 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function (Abramowitz and Stegun 1964, 26.5.8: a continued fraction, Lentz's way)."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):  # where the other side's fraction ends sooner
        return 1 - _incomplete_beta(1 - x, b, a)
    front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    fraction = d
    for m in range(1, _STEPS):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + factor * d or tiny)
            c = 1 + factor / c or tiny
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return math.exp(front) * fraction / a
