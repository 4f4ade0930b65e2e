"""Commitment: how far continuations of one state with fresh noise agree about a concept. Where they agree it is fixed."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core import noise_levels
from musicologist.core.errors import UserError
from musicologist.embeddings import of_clips
from musicologist.statistics import agreement

if TYPE_CHECKING:
    import pyarrow as pa

INTERVAL = (2.5, 97.5)  # percent

Place = tuple[str, str]
"""Concept and classifier."""


def pair_cosine(embeddings: np.ndarray) -> float:
    """Mean cosine between the embeddings of a prompt's branches, (prompts, branches, size) of unit norm."""
    branches = embeddings.shape[1]
    return float((((embeddings.sum(1) ** 2).sum(-1) - branches) / (branches * (branches - 1))).mean())


def rows(
    decisions: Mapping[Place, np.ndarray],
    cosine: np.ndarray,
    sigmas: Mapping[int, float],
    resamples: int,
    seed: int,
    same_prompt: Mapping[Place, np.ndarray] | None = None,
) -> list[dict[str, Any]]:
    """The long table: by (concept, classifier), and over all of them as the concept ``all``, a row for each branching level.

    ``decisions`` are (levels, prompts, branches), ``cosine`` (levels,), ``sigmas`` the noise level by step; ``same_prompt`` are
    decisions (prompts, clips) on the same prompts' own finished clips, which share their prompt and nothing else. Their
    agreement is ``agreement_of_prompt``; ``agreement_excess`` is how much of what they leave open the branches agree in, 0
    where the state settles nothing beyond the prompt; likewise of the ICC. NaN without such clips.

    The interval of a concept's ICC is exact (``agreement.icc_interval``), all others are percentiles of a bootstrap of
    prompts, the same draws for all.
    """
    _, prompts, branches = next(iter(decisions.values())).shape
    drawn = np.random.default_rng(seed).integers(prompts, size=(resamples, prompts))
    drawn = np.concatenate([np.arange(prompts)[None], drawn])
    found: dict[str, dict[Place, np.ndarray]] = {}
    for name, measure in {"icc": agreement.icc_balanced, "agreement": agreement.pair_agreement}.items():
        mine = {place: np.stack([measure(level[drawn]) for level in levels]) for place, levels in decisions.items()}
        alone = {
            place: measure(same_prompt[place][drawn]) if same_prompt else np.full(len(drawn), np.nan)
            for place in decisions
        }
        found[name] = _with_mean(mine)
        found[f"{name}_of_prompt"] = _with_mean({place: np.tile(alone[place], (len(sigmas), 1)) for place in decisions})
        found[f"{name}_excess"] = {
            place: _excess(curve, found[f"{name}_of_prompt"][place]) for place, curve in found[name].items()
        }
    table = []
    for place in found["icc"]:
        for level, (step, sigma) in enumerate(sorted(sigmas.items())):
            row = {"concept": place[0], "classifier": place[1], "step": step, "sigma": sigma}
            row |= {"log_snr_db": noise_levels.log_snr_db(sigma), "prompts": prompts, "branches": branches}
            for name, curves in found.items():
                row |= _described(name, curves[place][level])
            if place in decisions:
                row["icc_low"], row["icc_high"] = agreement.icc_interval(decisions[place][level])
            table.append({**row, "cosine": float(cosine[level])})
    return table


def finished(scores: "pa.Table", prompts: Sequence[int], place: str | Path) -> np.ndarray:
    """Decisions (prompts, clips) on the finished clips of these prompts, of a table of the schema ``scores``.

    Raises UserError where a prompt lacks clips or has one alone.
    """
    columns = {name: scores[name].to_numpy() for name in ("prompt_id", "sample", "signal", "step", "decision")}
    signal = "denoised" if (columns["signal"] == "denoised").any() else "noisy"
    mine = (columns["signal"] == signal) & np.isin(columns["prompt_id"], prompts)
    last = mine & (columns["step"] == columns["step"][mine].max(initial=0))
    of_clip = dict(
        zip(
            zip(columns["prompt_id"][last], columns["sample"][last], strict=True),
            columns["decision"][last],
            strict=True,
        )
    )
    samples = sorted({sample for _, sample in of_clip})
    if len(samples) < 2 or len(of_clip) != len(prompts) * len(samples):
        raise UserError(f"{place} has not two clips or more of each re-branched prompt: {of_clips.SCORE_AGAIN}.")
    return np.array([[of_clip[prompt, sample] for sample in samples] for prompt in prompts])


def _with_mean(curves: dict[Place, np.ndarray]) -> dict[Place, np.ndarray]:
    """The same with their mean, where they are known, as the concept ``all``."""
    stacked = np.stack(list(curves.values()))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean of empty slice")
        return {**curves, ("all", "all"): np.nanmean(stacked, axis=0)}


def _excess(branches: np.ndarray, of_prompt: np.ndarray) -> np.ndarray:
    """Share of what clips of one prompt leave open in which branches agree; NaN where they leave nothing."""
    left = 1 - of_prompt
    return np.divide(branches - of_prompt, left, out=np.full_like(branches, np.nan), where=left > 0)


def _described(name: str, values: np.ndarray) -> dict[str, float]:
    """The measured value and its interval out of (1 + resamples,)."""
    low, high = np.nanpercentile(values[1:], INTERVAL) if np.isfinite(values[1:]).any() else (np.nan, np.nan)
    return {name: float(values[0]), f"{name}_low": float(low), f"{name}_high": float(high)}
