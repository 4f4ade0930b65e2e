"""Baselines and controls of one concept: what else could make its curve, and what its curve could reach."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    from musicologist.concepts import Concept

FOLDS = 5
ROTATIONS = 200
"""Mismatched labellings at most, for each curve."""


@dataclass(frozen=True)
class Linear:
    """A probe that is linear in its features: ``weights`` (size,) and ``bias``, above 0 the concept is there."""

    weights: np.ndarray
    bias: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Decision values (clips,) of features (clips, size)."""
        return features @ self.weights + self.bias


def zero_shot(queries: "pa.Table", concept: "Concept") -> Linear:
    """CLAP's text probe: the mean query of the concept's aspects, less the mean query of the aspects that are nothing near it.

    ``queries`` is a table of the schema ``text_embeddings``. Each aspect's ensemble is averaged and scaled to unit norm first
    (Radford et al. 2021, CLIP, section 3.1.4).
    """
    from musicologist import tables

    aspects, embedding = queries["aspect"].to_numpy(), tables.embeddings(queries["embedding"])
    means = {aspect: embedding[aspects == aspect].mean(0) for aspect in dict.fromkeys(aspects)}
    means = {aspect: mean / np.linalg.norm(mean) for aspect, mean in means.items()}
    mine = [means[aspect] for aspect in concept.positive_aspects]
    sided = {*concept.positive_aspects, *concept.near_aspects}
    others = [mean for aspect, mean in means.items() if aspect not in sided]
    return Linear(np.mean(mine, axis=0) - np.mean(others, axis=0), 0.0)


def handcrafted(features: np.ndarray, labels: np.ndarray) -> Linear:
    """Logistic regression on the standardised cepstral statistics (notes, size) of notes with labels (notes,)."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = features.mean(0), features.std(0) + 1e-6
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit((features - mean) / spread, labels)
    weights = fitted.coef_[0] / spread
    return Linear(weights, float(fitted.intercept_[0] - mean @ weights))


def in_domain(
    features: np.ndarray, labels: np.ndarray, prompts: np.ndarray, seed: int
) -> tuple[list[Linear], np.ndarray]:
    """Probes that learnt the prompts' labels from generated clips (clips, size), and which of them may judge a clip (clips,).

    Linear discriminants with Ledoit and Wolf's shrinkage (2004), one a fold; the clips of a prompt are in one fold, so that
    no probe judges a prompt it has seen. Clips with another label than 0 or 1 are learnt from by none and judged by the first.
    Raises ValueError where a side has fewer than two prompts.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import StratifiedGroupKFold

    known = np.flatnonzero(np.isin(labels, (0, 1)))
    fewest = min(len(set(prompts[labels == label])) for label in (0, 1))
    splitter = StratifiedGroupKFold(min(FOLDS, fewest), shuffle=True, random_state=seed)
    probes, judge = [], np.zeros(len(labels), int)
    for train, held_out in splitter.split(known, labels[known], prompts[known]):
        train = known[train]
        fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(features[train], labels[train])
        judge[known[held_out]] = len(probes)
        probes.append(Linear(fitted.coef_[0], float(fitted.intercept_[0])))
    return probes, judge


def partialled(decision: np.ndarray, covariates: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Decision values (clips,) without what covariates (clips, size) explain linearly among the clips without the concept.

    The AUC of these is the covariate-adjusted AUC with a linear location model (Janes and Pepe 2009, Biometrika 96: 371): how
    well clips are told apart that are equally loud, bright and noisy. Fitting it on the negatives alone keeps a concept that
    is itself loud or bright from being its own explanation.
    """
    spread = covariates.std(0)
    design = np.column_stack(
        [np.ones(len(decision)), (covariates - covariates.mean(0)) / np.where(spread > 0, spread, 1)]
    )
    negative = labels == 0
    coefficients = np.linalg.lstsq(design[negative], decision[negative], rcond=None)[0]
    return decision - design @ coefficients


def mismatched(decision: np.ndarray, prompts: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """ROC-AUC (rotations,) of decision values (clips,) when every prompt has the label of another.

    ``prompts`` (clips,) index ``labels`` (prompts,), which are 0 or 1. The labels go round a random circle of the prompts, so
    that each rotation keeps their number; nothing but the audio's own match with its prompt is lost.
    """
    from scipy.stats import rankdata

    circle = np.random.default_rng(seed).permutation(len(labels))
    shifts = range(1, len(labels), max(1, len(labels) // ROTATIONS))
    turned = np.empty((len(shifts), len(labels)))
    for row, shift in zip(turned, shifts, strict=True):
        row[circle] = labels[np.roll(circle, shift)]
    positive = turned[:, prompts]
    n_positive = positive.sum(1)
    n_negative = len(prompts) - n_positive
    ranks = positive @ rankdata(decision)
    return (ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def kappa(first: np.ndarray, second: np.ndarray) -> float:
    """Cohen's kappa (1960) of two labellings (n,); NaN where each gives all the same label."""
    observed = float((first == second).mean())
    expected = sum(float((first == value).mean() * (second == value).mean()) for value in (0, 1))
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")
