"""Random concepts: linear probes of concepts that mean nothing, hundreds of them from one factorisation of the notes.

A random concept has as many notes as the real one, and whole instruments are in it or not, as with the real one. Its probe is
a linear discriminant with ridge, (S + lambda I)^-1 (mean of positives - mean of negatives), where S is the covariance of all
notes: so its eigenvectors serve every concept, random or not, and every lambda. For two classes that is the direction of
ridge regression on the labels (Hastie, Tibshirani and Friedman 2009, section 4.3 and exercise 4.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from musicologist.core import parquet
from musicologist.embeddings import tables
from musicologist.embeddings.tables import EMBEDDING
from musicologist.statistics import auc

COMPONENTS = parquet.schema("components", [("variance", pa.float64()), ("embedding", EMBEDDING)])

INSTRUMENTS = parquet.schema(
    "instruments",
    [("instrument", pa.string()), ("notes", pa.int64()), ("embedding", EMBEDDING)],  # the mean of its notes'
)

RIDGES = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Candidates for lambda, in units of the mean eigenvalue of S."""


@dataclass(frozen=True)
class Factors:
    """The notes in factors.

    ``names``, ``notes`` (instruments,) and ``means`` (instruments, size) say each instrument's notes and their mean
    embedding; ``variances`` (size,) and ``vectors`` (size, size; a row each) are the eigenvalues and eigenvectors of S.
    """

    names: np.ndarray
    notes: np.ndarray
    means: np.ndarray
    variances: np.ndarray
    vectors: np.ndarray


def factorise(blocks: Iterable[tuple[np.ndarray, np.ndarray]]) -> Factors:
    """Factors of notes that come in blocks of (instruments (notes,), embeddings (notes, size)); memory holds one block."""
    sums: dict[str, np.ndarray] = {}
    counts: dict[str, int] = {}
    products: np.ndarray | float = 0.0
    for instruments, embeddings in blocks:
        rows = embeddings.astype(np.float64)
        products = products + rows.T @ rows
        names, index = np.unique(instruments, return_inverse=True)
        for number, name in enumerate(names):
            mine = rows[index == number]
            sums[name] = sums.get(name, 0.0) + mine.sum(0)
            counts[name] = counts.get(name, 0) + len(mine)
    names = np.array(sorted(sums))
    total = np.array([counts[name] for name in names])
    mean = sum(sums.values()) / total.sum()
    variances, vectors = np.linalg.eigh(products / total.sum() - np.outer(mean, mean))
    means = np.stack([sums[name] / counts[name] for name in names])
    return Factors(names, total, means, variances.clip(min=0), vectors.T)


def read(instruments: str | Path, components: str | Path) -> Factors:
    """Factors out of the tables that factorise_notes wrote."""
    first, second = parquet.read(instruments, INSTRUMENTS), parquet.read(components, COMPONENTS)
    return Factors(
        first["instrument"].to_numpy(),
        first["notes"].to_numpy(),
        tables.embeddings(first["embedding"]).astype(np.float64),
        second["variance"].to_numpy(),
        tables.embeddings(second["embedding"]).astype(np.float64),
    )


def directions(factors: Factors, differences: np.ndarray, ridge: float) -> np.ndarray:
    """Probe weights (concepts, size) for differences of class means (concepts, size)."""
    damped = factors.variances + ridge * factors.variances.mean()
    return ((differences @ factors.vectors.T) / damped) @ factors.vectors


def random_differences(factors: Factors, size: int, concepts: int, seed: int) -> np.ndarray:
    """Differences of class means (concepts, size) of random concepts with about ``size`` notes on each side.

    Instruments are drawn without replacement, whole, for the positives and then for the negatives, until each has ``size``
    notes; where there are too few notes for that, the instruments are halved.
    """
    rng = np.random.default_rng(seed)
    found = np.empty((concepts, factors.means.shape[1]))
    for number in range(concepts):
        order = rng.permutation(len(factors.names))
        reached = np.cumsum(factors.notes[order])
        half = int(np.searchsorted(reached, reached[-1] / 2)) + 1
        first = min(int(np.searchsorted(reached, size)) + 1, half)
        last = int(np.searchsorted(reached, reached[first - 1] + size)) + 1
        positive, negative = order[:first], order[first : max(last, first + 1)]
        found[number] = _mean(factors, positive) - _mean(factors, negative)
    return found


def _mean(factors: Factors, instruments: np.ndarray) -> np.ndarray:
    return np.average(factors.means[instruments], axis=0, weights=factors.notes[instruments])


def weights(
    factors: Factors, embeddings: np.ndarray, labels: np.ndarray, held_out: np.ndarray, concepts: int, seed: int
) -> tuple[np.ndarray, float]:
    """Weights (1 + concepts, size) of linear probes, the concept's own first and then random concepts', and their ridge.

    ``embeddings`` (notes, size), ``labels`` and ``held_out`` (notes,) are those of the concept's dataset. The ridge is the one
    of RIDGES that ranks the held-out notes best; random concepts have the same one.
    """

    def own(mine: np.ndarray, ridge: float) -> np.ndarray:
        difference = embeddings[mine & (labels == 1)].mean(0) - embeddings[mine & (labels == 0)].mean(0)
        return directions(factors, difference[None], ridge)[0]

    def held_out_auc(ridge: float) -> float:
        return auc.areas(embeddings[held_out] @ own(~held_out, ridge)[:, None], labels[held_out])[0]

    ridge = max(RIDGES, key=held_out_auc)
    random = random_differences(factors, int((labels == 1).sum()), concepts, seed)
    everything = np.ones(len(labels), bool)
    return np.concatenate([own(everything, ridge)[None], directions(factors, random, ridge)]), ridge
