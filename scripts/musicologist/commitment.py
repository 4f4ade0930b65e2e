"""Commitment: how far continuations of one state with fresh noise agree about a concept. Where they agree it is fixed."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from musicologist import schedule

INTERVAL = (2.5, 97.5)  # percent


def intraclass_correlation(decision: np.ndarray) -> np.ndarray:
    """Share of the variance of decisions (..., prompts, branches) that lies between prompts, from -1/(branches - 1) to 1.

    The one-way random effects ICC(1) of Shrout and Fleiss 1979 (Psychol. Bull. 86: 420). 0: what the branches have in common
    says nothing about the decision, 1: it says all. NaN where nothing varies.
    """
    *_, prompts, branches = decision.shape
    mean = decision.mean(-1, keepdims=True)
    between = branches * mean[..., 0].var(-1, ddof=1)
    within = ((decision - mean) ** 2).sum((-1, -2)) / (prompts * (branches - 1))
    total = between + (branches - 1) * within
    return np.divide(between - within, total, out=np.full_like(total, np.nan), where=total > 0)


def pair_agreement(decision: np.ndarray) -> np.ndarray:
    """Share of the pairs of a prompt's branches that are on the same side, mean over prompts, of (..., prompts, branches).

    The sides are those of the median of all decisions, for a threshold learnt on notes may have all music on one side; so
    branches with nothing in common agree in about half of the pairs.
    """
    branches = decision.shape[-1]
    middle = np.median(decision.reshape(*decision.shape[:-2], -1), axis=-1)[..., None, None]
    above = (decision > middle).sum(-1)
    pairs = (above * (above - 1) + (branches - above) * (branches - above - 1)) / (branches * (branches - 1))
    return pairs.mean(-1)


def pair_cosine(embeddings: np.ndarray) -> float:
    """Mean cosine between the embeddings of a prompt's branches, (prompts, branches, size) of unit norm."""
    branches = embeddings.shape[1]
    return float((((embeddings.sum(1) ** 2).sum(-1) - branches) / (branches * (branches - 1))).mean())


def rows(
    decisions: Mapping[tuple[str, str], np.ndarray],
    cosine: np.ndarray,
    sigmas: Mapping[int, float],
    resamples: int,
    seed: int,
) -> list[dict[str, Any]]:
    """The long table: by (concept, classifier), and over all of them as the concept ``all``, a row for each branching level.

    ``decisions`` are (levels, prompts, branches), ``cosine`` (levels,), ``sigmas`` the noise level by step. Intervals are
    percentiles of a bootstrap of prompts, the same draws for all.
    """
    _, prompts, branches = next(iter(decisions.values())).shape
    drawn = np.random.default_rng(seed).integers(prompts, size=(resamples, prompts))
    drawn = np.concatenate([np.arange(prompts)[None], drawn])
    measures = {"icc": intraclass_correlation, "agreement": pair_agreement}
    curves = {
        name: {place: np.stack([measure(level[drawn]) for level in levels]) for place, levels in decisions.items()}
        for name, measure in measures.items()
    }
    for places in curves.values():
        places["all", "all"] = np.nanmean(np.stack(list(places.values())), axis=0)
    return [
        {
            "concept": place[0],
            "classifier": place[1],
            "step": step,
            "sigma": sigma,
            "log_snr_db": schedule.log_snr_db(sigma),
            "prompts": prompts,
            "branches": branches,
            **{key: value for name in measures for key, value in _described(name, curves[name][place][level]).items()},
            "cosine": float(cosine[level]),
        }
        for place in curves["icc"]
        for level, (step, sigma) in enumerate(sorted(sigmas.items()))
    ]


def _described(name: str, values: np.ndarray) -> dict[str, float]:
    """The measured value and its interval out of (1 + resamples,)."""
    low, high = np.nanpercentile(values[1:], INTERVAL) if np.isfinite(values[1:]).any() else (np.nan, np.nan)
    return {name: float(values[0]), f"{name}_low": float(low), f"{name}_high": float(high)}
