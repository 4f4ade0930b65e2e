"""The mean of several quantities whose errors are correlated, and how far they spread beyond their errors."""

from dataclasses import dataclass

import numpy as np

from musicologist.statistics.distributions import student_quantile


@dataclass(frozen=True)
class Mean:
    """A mean over ``count`` quantities with its 95 % interval, and their spread (standard deviation) beyond their errors."""

    value: float
    low: float
    high: float
    spread: float
    count: int


def mean(values: np.ndarray, clusters: int) -> Mean:
    """The mean of quantities (1 + resamples, quantities): first as measured, then resampled together.

    A random-effects mean: quantity k is mu + u_k + e_k, where u_k, of variance tau squared, is what concepts truly differ by,
    and the errors e have the covariance of the resamples, for concepts are heard on the same clips. tau squared is estimated by
    moments, from the sum of squares about the mean less what the errors make of it (DerSimonian and Laird 1986, with
    covariances: Chen, Manning and Dupuis 2012, Biometrics 68: 1278). What is told of it is truncated at 0; the variance of the
    mean takes it as it is, for truncated it makes intervals too wide where nothing differs or resamples spread too far, but no
    less than three quarters of what the errors say. The interval takes a t quantile whose degrees of freedom follow from those
    of both parts (Satterthwaite 1946): ``clusters`` - 1 for the errors, quantities - 1 for the spread. Quantities that are not
    finite as measured are left out, as are resamples in which another is not finite. NaN
    with fewer than two quantities, or with less than half of the resamples.
    """
    known = values[:, np.isfinite(values[0])]
    count = known.shape[1]
    whole = known[1:][np.isfinite(known[1:]).all(1)]
    if count < 2 or 2 * len(whole) < len(values) - 1 or len(whole) < 2:
        nothing = float("nan")
        return Mean(nothing, nothing, nothing, nothing, count)
    covariance = np.cov(whole, rowvar=False)
    of_mean = float(covariance.sum()) / count**2
    expected = float(np.trace(covariance)) - of_mean * count  # of the sum of squares, where nothing truly differs
    spread = (float(((known[0] - known[0].mean()) ** 2).sum()) - expected) / (count - 1)
    variance = max(of_mean + spread / count, 0.75 * of_mean)
    parts = of_mean**2 / max(clusters - 1, 1) + max(0.0, spread / count) ** 2 / (count - 1)
    half = student_quantile(variance**2 / parts, 0.975) * np.sqrt(variance) if parts else 0.0  # no part: all are equal
    value = float(known[0].mean())
    return Mean(value, value - half, value + half, float(np.sqrt(max(0.0, spread))), count)
