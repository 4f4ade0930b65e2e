"""Linear probes of baselines, fitted with NumPy alone: logistic regression and shrunk linear discriminants."""

import numpy as np

from musicologist.probes.decisions import Linear

_ROUNDS, _HALVINGS, _TOLERANCE = 100, 30, 1e-10


def logistic(features: np.ndarray, labels: np.ndarray, strength: float) -> Linear:
    """Logistic regression with an L2 penalty on the weights, of features (n, size) and labels 0 or 1 (n,).

    The minimum of ``strength`` times the summed log loss plus half the squared norm of the weights, as scikit-learn's ``C``
    has it, by Newton's method: a step that does not lower it is halved.
    """
    rows = np.column_stack([features, np.ones(len(features))])
    penalty, signs = np.r_[np.ones(features.shape[1]), 0.0], 2.0 * labels - 1

    def cost(weights: np.ndarray) -> float:
        return float(strength * np.logaddexp(0, -signs * (rows @ weights)).sum() + penalty @ weights**2 / 2)

    weights = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        chance = 0.5 * (1 + np.tanh(rows @ weights / 2))
        gradient = strength * (rows.T @ (chance - labels)) + penalty * weights
        hessian = strength * (rows.T * (chance * (1 - chance) + 1e-12)) @ rows + np.diag(penalty)
        step, before = np.linalg.solve(hessian, gradient), cost(weights)
        for _ in range(_HALVINGS):
            if cost(weights - step) <= before:
                break
            step = step / 2
        weights = weights - step
        if np.abs(step).max() < _TOLERANCE * max(1.0, float(np.abs(weights).max())):
            break
    return Linear(weights[:-1], float(weights[-1]))


def discriminants(features: np.ndarray, labels: np.ndarray) -> Linear:
    """Linear discriminants of features (n, size) with labels 0 or 1 (n,), the covariance of each class shrunk.

    As scikit-learn's LinearDiscriminantAnalysis with ``solver="lsqr", shrinkage="auto"``.
    """
    sides = [features[labels == label].astype(np.float64) for label in (0, 1)]
    share = np.array([len(side) for side in sides]) / len(features)
    means = np.stack([side.mean(0) for side in sides])
    covariance = sum(weight * _shrunk_covariance(side) for weight, side in zip(share, sides, strict=True))
    try:
        weights = np.linalg.solve(covariance, means.T).T
    except np.linalg.LinAlgError:  # all clips of a class are the same
        weights = np.linalg.lstsq(covariance, means.T, rcond=None)[0].T
    bias = np.log(share) - (weights * means).sum(1) / 2
    return Linear(weights[1] - weights[0], float(bias[1] - bias[0]))


def _shrunk_covariance(rows: np.ndarray) -> np.ndarray:
    """The covariance (size, size) of rows (n, size), each feature scaled to unit variance first, shrunk towards its diagonal.

    Ledoit and Wolf 2004, J. Multivar. Anal. 88: 365, lemma 3.3.
    """
    spread = rows.std(0)
    spread[spread < 10 * np.finfo(float).eps * np.abs(rows.mean(0))] = 0  # a constant, but for rounding
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (rows - rows.mean(0)) / spread
    n, size = scaled.shape
    found = scaled.T @ scaled / n
    level = np.trace(found) / size
    norm, squared = float((found**2).sum()), scaled**2
    noise = float((squared.sum(1) ** 2).sum() / n - norm) / (size * n)
    apart = norm / size - level**2
    share = min(noise, apart) / apart if apart > 0 and noise > 0 else 0.0
    found = (1 - share) * found
    found[np.diag_indices(size)] += share * level
    return found * np.outer(spread, spread)
