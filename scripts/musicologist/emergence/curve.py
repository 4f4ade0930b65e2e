"""Everything that is measured about one curve: one concept, probe and signal along the kept levels."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.emergence import scored_clips
from musicologist.emergence.scored_clips import ScoredClips
from musicologist.statistics import agreement, auc, bootstrap, landmarks, metrics, nulls
from musicologist.statistics.landmarks import Landmarks

if TYPE_CHECKING:
    import pyarrow as pa

FOLDS = 5
"""Of the prompts, for the operating point that is cross-validated at the last level."""


@dataclass(frozen=True)
class Settings:
    """How many bootstrap resamples and label permutations, and their seed; the defaults are the configuration's."""

    resamples: int = 2000
    permutations: int = 2000
    seed: int = 1


@dataclass(frozen=True)
class Curve:
    """A measured curve: a row for each level, what holds for all of it, and its landmarks with their resamples."""

    rows: list[dict[str, Any]]
    summary: dict[str, Any]
    landmarks: Landmarks


def measure(scored: ScoredClips, random: np.ndarray | None = None, settings: Settings | None = None) -> Curve:
    """Measure one curve. With fewer than two prompts on a side nothing can be said: counts stand, the rest is NaN.

    ``random`` (1 + random concepts, levels) are ROC-AUCs on the same clips of linear probes: the concept's own first. Without
    them nothing is said about random concepts: neither rows nor summary have their columns.
    """
    settings = settings or Settings()
    known, drawn = _known(scored), _drawn(scored, settings)
    counts = _counts(known)
    levels = range(len(known.step))
    if not known.enough:
        values = {name: np.full((1 + settings.resamples, len(levels)), np.nan) for name in metrics.METRICS}
        areas: list[auc.Auc | None] = [None] * len(levels)
    else:
        values = _resampled(known, drawn, settings)
        areas = [auc.clustered(level, known.clip_labels, known.clip_prompt_ids) for level in known.decision]
    verdict, found = _judged(known, values["roc_auc"], settings)
    rows = [
        {
            **known.place(level),
            **counts,
            **_intervals({name: value[:, level] for name, value in values.items()}, areas[level]),
            **_clustering(known, level, areas[level]),
            "p_level": float(verdict.adjusted[level]),
            "critical_auc": float(verdict.critical[level]),
        }
        for level in levels
    ]
    summary = counts | described(verdict, found)
    if random is not None:
        beside, summary["p_random"] = _against_random(random)
        rows = [row | more for row, more in zip(rows, beside, strict=True)]
    return Curve(rows, summary, found)


def summarise(scored: ScoredClips, settings: Settings) -> dict[str, Any]:
    """What holds for all of one curve (``Curve.summary``), of its ROC-AUC alone: enough for an answer, in less time."""
    return _counts(_known(scored)) | described(*outline(scored, settings))


def outline(scored: ScoredClips, settings: Settings) -> tuple[nulls.Verdict, Landmarks]:
    """What permuted labels say about one curve of ROC-AUC, and its landmarks."""
    known, drawn = _known(scored), _drawn(scored, settings)
    areas = np.full((1 + settings.resamples, len(known.step)), np.nan)
    if known.enough:
        parts = [np.ones((len(known.labels), 1)), drawn]
        for level, decision in enumerate(known.decision):
            resampled = [metrics.roc_auc(decision, known.prompts, known.labels, weights) for weights in parts]
            areas[:, level] = np.concatenate(resampled)
    return _judged(known, areas, settings)


def of_controls(
    decisions: Mapping[tuple[str, str, str], np.ndarray],
    scores: Mapping[str, Mapping[str, ScoredClips]],
    settings: Settings,
) -> list[dict[str, Any]]:
    """What holds for each curve of a probe's decisions (levels, clips) under a control, by (control, classifier, signal).

    ``scores`` are the scored clips by classifier and signal; curves of other probes than theirs are left out.
    """
    return [
        {"control": control, "classifier": classifier, "signal": signal}
        | summarise(replace(scores[classifier][signal], decision=decision), settings)
        for (control, classifier, signal), decision in decisions.items()
        if classifier in scores
    ]


def _drawn(scored: ScoredClips, settings: Settings) -> np.ndarray:
    """How often each prompt that takes a side is drawn, (prompts, resamples)."""
    ids, place = np.unique(scored.prompt_ids, return_inverse=True)
    return bootstrap.draws(len(ids), settings.resamples, settings.seed)[place[scored.labels >= 0]]


def _judged(known: ScoredClips, areas: np.ndarray, settings: Settings) -> tuple[nulls.Verdict, Landmarks]:
    """What permuted labels say about a curve, and its landmarks; ``areas`` (1 + resamples, levels) are its ROC-AUC."""
    if known.enough:
        null = nulls.permuted_labels(known.decision, known.prompts, known.labels, settings.permutations, settings.seed)
        verdict = nulls.max_t(areas[0], null)
    else:
        nothing = np.full(areas.shape[1], np.nan)
        verdict = nulls.Verdict(float("nan"), nothing, nothing)
    fewest = min(int((known.labels == label).sum()) for label in (0, 1))
    return verdict, landmarks.landmarks(known.log_sigma, areas, verdict.critical, fewest)


def described(verdict: nulls.Verdict, found: Landmarks) -> dict[str, Any]:
    """p of the whole curve and of its ends, and its landmarks."""
    p = {"p": verdict.p, "p_first": float(verdict.adjusted[0]), "p_last": float(verdict.adjusted[-1])}
    return p | landmarks.describe(found)


def _against_random(random: np.ndarray) -> tuple[list[dict[str, float]], float]:
    """For each level the linear probe's area among those of random concepts, and the p of its whole curve."""
    verdict = nulls.max_t(random[0], random[1:])
    low, high = np.percentile(random[1:], [2.5, 97.5], axis=0)
    columns = {"linear_auc": random[0], "random_low": low, "random_high": high, "p_random_level": verdict.adjusted}
    levels = range(random.shape[1])
    return [{name: float(values[level]) for name, values in columns.items()} for level in levels], verdict.p


def _known(scored: ScoredClips) -> ScoredClips:
    """Those of the clips whose prompt takes a side."""
    mine, sided = scored.known, scored.labels >= 0
    index = np.cumsum(sided) - 1
    return replace(
        scored,
        decision=scored.decision[:, mine],
        predicted=scored.predicted[:, mine],
        prompts=index[scored.prompts[mine]],
        prompt_ids=scored.prompt_ids[sided],
        labels=scored.labels[sided],
        samples=scored.samples[mine],
        own_ids=None if scored.own_ids is None else scored.own_ids[mine],
    )


def _counts(known: ScoredClips) -> dict[str, float]:
    """Prompts and clips on each side, the share of clips with the concept, and the share of the larger side."""
    counts = scored_clips.counts(known.clip_labels, known.clip_prompt_ids)
    clips = counts["n_pos"] + counts["n_neg"]
    share = counts["n_pos"] / clips if clips else float("nan")
    return {**counts, "prevalence": share, "majority": max(share, 1 - share)}


def _resampled(known: ScoredClips, drawn: np.ndarray, settings: Settings) -> dict[str, np.ndarray]:
    """METRICS (1 + resamples, levels): as measured, then resampled. Thresholds stay where the measured clips put them."""
    labels = known.clip_labels
    prior = float((labels == 1).mean())
    cut = metrics.cross_fitted(known.decision[-1], labels, known.prompts, FOLDS, settings.seed)
    once = np.ones((len(known.labels), 1))
    found: dict[str, list[np.ndarray]] = {name: [] for name in metrics.METRICS}
    for decision, predicted in zip(known.decision, known.predicted, strict=True):
        calls = {
            "": predicted,
            "_prior": decision > metrics.matching_prior(decision, prior),
            "_cv": decision > cut,
        }
        parts = [metrics.metrics(decision, calls, known.prompts, known.labels, w) for w in (once, drawn)]
        for name, values in found.items():
            values.append(np.concatenate([part[name] for part in parts]))
    return {name: np.stack(values, axis=1) for name, values in found.items()}


def _intervals(values: dict[str, np.ndarray], area: auc.Auc | None) -> dict[str, float]:
    row: dict[str, float] = {}
    for name, column in values.items():
        by_formula = area if name == "roc_auc" else None
        low, high = auc.interval(by_formula) if by_formula else bootstrap.interval(column[1:])
        row |= {name: float(column[0]), f"{name}_low": low, f"{name}_high": high}
    return row


def _clustering(known: ScoredClips, level: int, area: auc.Auc | None) -> dict[str, float]:
    if area is None:
        return {"icc": float("nan"), "design_effect": float("nan")}
    icc = agreement.icc_unbalanced(known.decision[level], known.clip_labels, known.prompts)
    return {"icc": icc, "design_effect": area.design_effect}


def landmark_table(curves: Mapping[tuple[str, str], Curve]) -> "pa.Table":
    """The landmarks of curves by (classifier, signal) as a table of the schema ``landmarks``."""
    import pyarrow as pa

    parts = []
    for (classifier, signal), curve in curves.items():
        size = len(curve.landmarks.rise)
        columns = {"classifier": [classifier] * size, "signal": [signal] * size, "resample": np.arange(size)}
        columns |= {name: getattr(curve.landmarks, name) for name in landmarks.LANDMARKS}
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def half_excesses(table: "pa.Table") -> dict[tuple[str, str], np.ndarray]:
    """Half-excesses as log sigma (1 + resamples,) by (classifier, signal), out of a table of the schema ``landmarks``."""
    columns = {name: table[name].to_numpy() for name in ("classifier", "signal", "half_excess")}
    keys = list(zip(columns["classifier"], columns["signal"], strict=True))
    names, first = np.unique(keys, axis=0, return_index=True)
    size = len(keys) // len(names)
    return {
        (str(classifier), str(signal)): columns["half_excess"][at : at + size]
        for (classifier, signal), at in zip(names, first, strict=True)
    }


def random_areas(
    probes: np.ndarray, paths: Iterable[str | Path], scored: Mapping[str, ScoredClips]
) -> dict[str, np.ndarray]:
    """ROC-AUC (probes, levels) by signal of linear probes (probes, size) on the clips of tables of embeddings.

    NaN where a label has no prompt. Raises UserError where a table holds other clips than the scores.
    """
    found = {signal: np.full((len(probes), len(mine.step)), np.nan) for signal, mine in scored.items()}
    for path in paths:
        signal, level, embedding = scored_clips.read_embeddings(path, scored)
        known = scored[signal].known
        labels = scored[signal].clip_labels[known]
        if len(set(labels)) == 2:
            found[signal][:, level] = auc.areas(embedding[known] @ probes.T.astype(np.float32), labels)
    return found
