"""Baselines and controls of one concept: what else could make its curve, and what its curve could reach."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from musicologist.probes import linear
from musicologist.probes.decisions import Linear
from musicologist.statistics import folds

if TYPE_CHECKING:
    import pyarrow as pa

FOLDS = 5


def zero_shot(queries: "pa.Table", positive: Sequence[str], near: Sequence[str]) -> Linear:
    """CLAP's text probe: the mean query of the aspects ``positive``, less that of the aspects neither positive nor ``near``.

    ``queries`` is a table of the schema ``text_embeddings``. Each aspect's ensemble is averaged and scaled to unit norm first
    (Radford et al. 2021, CLIP, section 3.1.4).
    """
    from musicologist.embeddings import tables

    aspects, embedding = queries["aspect"].to_numpy(), tables.embeddings(queries["embedding"])
    means = {aspect: embedding[aspects == aspect].mean(0) for aspect in dict.fromkeys(aspects)}
    means = {aspect: mean / np.linalg.norm(mean) for aspect, mean in means.items()}
    mine = [means[aspect] for aspect in positive]
    sided = {*positive, *near}
    others = [mean for aspect, mean in means.items() if aspect not in sided]
    return Linear(np.mean(mine, axis=0) - np.mean(others, axis=0), 0.0)


def handcrafted(features: np.ndarray, labels: np.ndarray) -> Linear:
    """Logistic regression on the standardised cepstral statistics (notes, size) of notes with labels (notes,)."""
    mean, spread = features.mean(0), features.std(0) + 1e-6
    fitted = linear.logistic((features - mean) / spread, labels, strength=1.0)
    weights = fitted.weights / spread
    return Linear(weights, fitted.bias - float(mean @ weights))


def in_domain(
    features: np.ndarray, labels: np.ndarray, prompts: np.ndarray, seed: int
) -> tuple[list[Linear], np.ndarray]:
    """Probes that learnt the prompts' labels from generated clips (clips, size), and which of them may judge a clip (clips,).

    Linear discriminants with Ledoit and Wolf's shrinkage (2004), one for each fold; the clips of a prompt (``prompts`` (clips,)
    name it) are in one fold, so that no probe judges a prompt it has seen. Clips with another label than 0 or 1 teach none of
    the probes, and the first of them judges these clips.
    Raises ValueError where a side has fewer than two prompts.
    """
    known = np.flatnonzero(np.isin(labels, (0, 1)))
    fewest = min(len(set(prompts[labels == label])) for label in (0, 1))
    probes: list[Linear] = []
    judge = np.zeros(len(labels), int)
    for train, held_out in folds.grouped(labels[known], prompts[known], min(FOLDS, fewest), seed):
        judge[known[held_out]] = len(probes)
        probes.append(linear.discriminants(features[known[train]], labels[known[train]]))
    return probes, judge
