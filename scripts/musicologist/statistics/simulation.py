"""Simulated experiments whose truth is known: notes and clips as embeddings, with a chosen onset, effect and clustering.

Embeddings are Gaussian with unit spread. A concept lies along one direction: notes that have it are shifted by ``contrast``
along it, clips of prompts that ask for it by an amount that rises along the levels like a logistic of log sigma. Clips of a
prompt share a part of their spread, the intraclass correlation. So a linear probe's scores are Gaussian with a known shift,
and its true ROC-AUC is Phi(shift / (sqrt(2) spread)) (Hanley 1988).
"""

from dataclasses import dataclass

import numpy as np

from musicologist.statistics import curves


@dataclass(frozen=True)
class Experiment:
    """What is simulated.

    ``positives`` of ``prompts`` ask for the concept, each with ``samples`` clips; ``effect`` is the shift at the last level,
    ``onset`` the sigma at which half of it is there (None: the concept is never heard), ``width`` in natural logarithms.
    ``floor`` is a shift that is there at all levels, beside the one that rises.
    """

    prompts: int = 200
    positives: int = 40
    samples: int = 4
    effect: float = 1.5
    onset: float | None = 10.0
    width: float = 0.5
    correlation: float = 0.5
    size: int = 16
    notes: int = 400
    contrast: float = 3.0
    floor: float = 0.0


def levels(count: int, highest: float = 100.0, lowest: float = 1.0) -> np.ndarray:
    """Noise levels (count,), evenly spaced in the logarithm, falling."""
    return np.geomspace(highest, lowest, count)


def shifts(experiment: Experiment, sigma: np.ndarray) -> np.ndarray:
    """How far the concept shifts clips (levels,) along its direction."""
    if experiment.onset is None:
        return np.full(len(sigma), experiment.floor)
    rise = experiment.effect / (1 + np.exp((np.log(sigma) - np.log(experiment.onset)) / experiment.width))
    return experiment.floor + rise


def notes(experiment: Experiment, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (notes, size) and labels (notes,), half of them with the concept."""
    labels = np.arange(experiment.notes) % 2
    embeddings = rng.normal(size=(experiment.notes, experiment.size))
    embeddings[:, 0] += experiment.contrast * labels
    return embeddings, labels


def clips(
    experiment: Experiment, sigma: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings (levels, clips, size), the clips' prompts (clips,) and the prompts' labels (prompts,).

    What the clips of a prompt share stays the same along the levels; the rest is drawn anew at each.
    """
    labels = (np.arange(experiment.prompts) < experiment.positives).astype(int)
    prompts = np.repeat(np.arange(experiment.prompts), experiment.samples)
    shared = rng.normal(size=(experiment.prompts, experiment.size))[prompts]
    own = rng.normal(size=(len(sigma), len(prompts), experiment.size))
    embeddings = np.sqrt(experiment.correlation) * shared + np.sqrt(1 - experiment.correlation) * own
    embeddings[:, :, 0] += shifts(experiment, sigma)[:, None] * labels[prompts]
    return embeddings, prompts, labels


def probe(embeddings: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Weights (size,) of a linear discriminant of notes, at unit length."""
    difference = embeddings[labels == 1].mean(0) - embeddings[labels == 0].mean(0)
    weights = np.linalg.solve(np.cov(embeddings.T), difference)
    return weights / np.linalg.norm(weights)


def true_auc(experiment: Experiment, sigma: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The ROC-AUC (levels,) that this probe has on endlessly many clips."""
    from scipy.special import ndtr

    return ndtr(shifts(experiment, sigma) * weights[0] / (np.sqrt(2) * np.linalg.norm(weights)))


def true_half_rise(experiment: Experiment, sigma: np.ndarray, weights: np.ndarray) -> float:
    """log sigma50 of the true curve, by the estimator's own definition."""
    return float(curves.half_rise(np.log(sigma), true_auc(experiment, sigma, weights)[None])[0])
