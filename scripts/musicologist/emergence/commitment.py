"""Commitment: how far continuations of one state with fresh noise agree about a concept. Where they agree it is fixed."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.statistics import agreement

INTERVAL = (2.5, 97.5)  # percent


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
    measures = {"icc": agreement.icc_balanced, "agreement": agreement.pair_agreement}
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
            "log_snr_db": noise_levels.log_snr_db(sigma),
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
