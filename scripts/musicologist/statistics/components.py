"""The plane in which rows spread most: their principal components."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Components:
    """The ``mean`` (size,) of rows, the directions (count, size) in which they spread most, and the share of each."""

    mean: np.ndarray
    directions: np.ndarray
    shares: np.ndarray

    def transform(self, rows: np.ndarray) -> np.ndarray:
        """Coordinates (n, count) of rows (n, size)."""
        return (rows - self.mean) @ self.directions.T

    def inverse_transform(self, points: np.ndarray) -> np.ndarray:
        """The rows (n, size) at these coordinates (n, count)."""
        return points @ self.directions + self.mean


def components(rows: np.ndarray, count: int) -> Components:
    """The first ``count`` principal components of rows (n, size).

    As scikit-learn's PCA, whose signs they have too: the largest entry of each direction is positive.
    """
    mean = rows.mean(0)
    _, spreads, directions = np.linalg.svd(rows - mean, full_matrices=False)
    largest = np.abs(directions).argmax(1)
    directions *= np.sign(directions[np.arange(len(directions)), largest])[:, None]
    return Components(mean, directions[:count], (spreads**2 / (spreads**2).sum())[:count])
