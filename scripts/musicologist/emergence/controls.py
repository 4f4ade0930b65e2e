"""The curves of one concept's baselines and controls, level by level with the same clips in the same order as its scores."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.audio import acoustics
from musicologist.audio.acoustics import AUDIO_ACOUSTICS, NOTE_ACOUSTICS
from musicologist.concepts.datasets import DATASET
from musicologist.core import noise_levels, parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import tables
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, TEXT_EMBEDDINGS
from musicologist.emergence.scored_clips import ScoredClips
from musicologist.probes import baselines
from musicologist.statistics import agreement as statistics_agreement
from musicologist.statistics import auc, confounds, metrics

if TYPE_CHECKING:
    import pyarrow as pa

    from musicologist.concepts.definitions import Concept
    from musicologist.probes.classifiers import Probe

CurveKey = tuple[str, str, str]
"""Control, classifier, signal."""

AREA = ("roc_auc", "roc_auc_low", "roc_auc_high")
FEWEST = 2
"""Prompts that each side needs before anything can be said."""

Measured = dict[str, tuple[np.ndarray, np.ndarray]]
"""By signal: covariates (levels, clips, 3) and cepstral statistics (levels, clips, 40)."""


def arrange_acoustics(path: str | Path, trajectories: Mapping[str, ScoredClips]) -> Measured:
    """What was measured in the clips of these trajectories, of those signals that were measured.

    Raises UserError where the table lacks a clip.
    """
    table = parquet.read(path, AUDIO_ACOUSTICS)
    names = ("prompt_id", "sample", "signal", "step", "loudness_lufs", "centroid_hz", "flatness_db")
    columns = {name: table[name].to_numpy() for name in names}
    mfcc = table["mfcc"].combine_chunks().flatten().to_numpy().reshape(-1, acoustics.MFCC_SIZE)
    order = np.lexsort([columns["sample"], columns["prompt_id"]])
    found = {}
    for signal, trajectory in trajectories.items():
        mine = order[columns["signal"][order] == signal]
        if not len(mine):
            continue
        levels = [mine[columns["step"][mine] == step] for step in trajectory.step]
        wanted = trajectory.prompt_ids[trajectory.prompts]
        if any(not np.array_equal(columns["prompt_id"][rows], wanted) for rows in levels):
            raise UserError(f"{path} holds other clips than the scores: delete both and run again.")
        rows = np.stack(levels)
        covariates = acoustics.covariates(*(columns[name][rows.ravel()] for name in names[-3:]))
        found[signal] = covariates.reshape(*rows.shape, -1), mfcc[rows]
    return found


def from_scores(scores: Mapping[str, Mapping[str, ScoredClips]], measured: Measured) -> dict[CurveKey, np.ndarray]:
    """Decisions (levels, clips) of each probe with what ``measured`` explains partialled out."""
    found = {}
    for classifier, trajectories in scores.items():
        for signal, (covariates, _) in measured.items():
            trajectory = trajectories[signal]
            labels = trajectory.labels[trajectory.prompts]
            found["partialled", classifier, signal] = np.stack(
                [confounds.partialled(*level, labels) for level in zip(trajectory.decision, covariates, strict=True)]
            )
    return found


def from_cepstra(dataset: str | Path, notes: str | Path, measured: Measured) -> dict[CurveKey, np.ndarray]:
    """Decisions (levels, clips) of a probe that knows the notes of ``dataset`` by their cepstral statistics alone.

    Raises UserError where ``notes`` lacks one of them.
    """
    import pyarrow.compute as pc

    chosen, table = parquet.read(dataset, DATASET), parquet.read(notes, NOTE_ACOUSTICS, ["note_id", "mfcc"])
    rows = pc.index_in(chosen["note_id"], value_set=table["note_id"].combine_chunks())
    if rows.null_count:
        raise UserError(f"{notes} lacks notes of {dataset}: delete both and run again.")
    mfcc = table["mfcc"].combine_chunks().flatten().to_numpy().reshape(-1, acoustics.MFCC_SIZE)
    probe = baselines.handcrafted(mfcc[rows.to_numpy()], chosen["label"].to_numpy())
    return {("handcrafted", "mfcc", signal): probe(features) for signal, (_, features) in measured.items()}


def from_embeddings(
    concept: "Concept",
    paths: Sequence[Path],
    trajectories: Mapping[str, ScoredClips],
    seed: int,
    texts: Sequence[str | Path] = (),
) -> dict[CurveKey, np.ndarray]:
    """Decisions (levels, clips) of the in-domain probe, where both sides have two prompts, and of the zero-shot probe.

    The latter is made of ``texts``, a table of text queries if there is one. ``paths`` are .../SIGNAL/step_XX.parquet, one for
    each level; memory holds one. The in-domain probe learns from the finished clips. Raises UserError where a table holds other
    clips than the trajectory of its signal.
    """
    by_level = _by_level(paths)
    text = [
        baselines.zero_shot(parquet.read(path, TEXT_EMBEDDINGS), concept.positive_aspects, concept.near_aspects)
        for path in texts
    ]
    signal, end = finished(trajectories)
    labels = end.labels[end.prompts]
    probes: list[baselines.Linear] = []
    if _fewest_prompts(end) >= FEWEST:
        embedding = _embedding(by_level[signal, int(end.step[-1])], end)
        probes, judge = baselines.in_domain(embedding, labels, end.prompts, seed)
    found: dict[CurveKey, list[np.ndarray]] = {}
    for signal, trajectory in trajectories.items():
        for step in trajectory.step:
            embedding = _embedding(by_level[signal, int(step)], trajectory)
            for probe in text:
                found.setdefault(("zero_shot", "text", signal), []).append(probe(embedding))
            if probes:
                judged = np.stack([probe(embedding) for probe in probes])[judge, np.arange(len(judge))]
                found.setdefault(("in_domain", "lda", signal), []).append(judged)
    return {curve: np.stack(levels) for curve, levels in found.items()}


def finished(trajectories: Mapping[str, ScoredClips]) -> tuple[str, ScoredClips]:
    """The signal, and its trajectory, whose last level is the finished clips: ``denoised``, without it ``noisy``."""
    signal = "denoised" if "denoised" in trajectories else "noisy"
    return signal, trajectories[signal]


def content(
    decisions: Mapping[CurveKey, np.ndarray], trajectories: Mapping[str, ScoredClips], paths: Sequence[Path]
) -> "pa.Table":
    """What the finished clips hold, a table of the schema ``content``; ``paths`` as in ``from_embeddings``.

    A clip has the concept where its decision is among the highest, as large a share of the clips as of those whose prompt asks
    for it: the decision's own threshold means little in another domain than that in which it was learnt.
    """
    import pyarrow as pa

    signal, end = finished(trajectories)
    labels = end.labels[end.prompts]
    known = labels >= 0
    share = float((labels[known] == 1).mean()) if known.any() else 0.0
    names = parquet.read(_by_level(paths)[signal, int(end.step[-1])], AUDIO_EMBEDDINGS, ["prompt_id", "sample"])
    columns = names.sort_by([("prompt_id", "ascending"), ("sample", "ascending")]).to_pydict()
    columns["prompt_label"] = pa.array(labels, pa.int8(), mask=~known)
    for control, classifier in (("zero_shot", "text"), ("in_domain", "lda")):
        curve = decisions.get((control, classifier, signal))
        decision = curve[-1] if curve is not None else np.full(len(labels), np.nan)
        called = decision > metrics.matching_prior(decision, share)
        columns[control] = decision
        columns[f"{control}_label"] = pa.array(called, mask=np.isnan(decision)).cast(pa.int8())
    return pa.table(columns)


def agreement(content: "pa.Table") -> dict[str, float]:
    """Cohen's kappa of each content label with the prompts' labels, over the clips whose prompt is on either side."""
    found = {}
    for control in ("zero_shot", "in_domain"):
        both = content.select(["prompt_label", f"{control}_label"]).drop_null()
        asked, held = (both[name].to_numpy() for name in both.column_names)
        found[f"{control}_kappa"] = statistics_agreement.cohen_kappa(asked, held) if len(asked) else float("nan")
    return found


def rows(
    concept: str, decisions: Mapping[CurveKey, np.ndarray], trajectories: Mapping[str, ScoredClips]
) -> list[dict[str, Any]]:
    """Rows of the schema ``controls`` of these curves against the prompts' labels."""
    found = []
    for (control, classifier, signal), levels in decisions.items():
        trajectory = trajectories[signal]
        labels = trajectory.labels[trajectory.prompts]
        found += [
            {"concept": concept, "control": control, "classifier": classifier, "signal": signal, **place, **area}
            for place, area in (
                (_place(trajectory, level), _area(decision, labels, trajectory.prompts))
                for level, decision in enumerate(levels)
            )
        ]
    return found


def content_rows(
    concept: str, scores: Mapping[str, Mapping[str, ScoredClips]], content: "pa.Table"
) -> list[dict[str, Any]]:
    """Rows of the schema ``controls``: the probes' own decisions against what the finished clips hold (control ``content``)."""
    held = content["in_domain_label"].fill_null(-1).to_numpy()
    return [
        {"concept": concept, "control": "content", "classifier": classifier, "signal": signal}
        | {**_place(trajectory, level), **_area(decision, held, trajectory.prompts)}
        for classifier, trajectories in scores.items()
        for signal, trajectory in trajectories.items()
        for level, decision in enumerate(trajectory.decision)
    ]


def mismatched_rows(concept: str, scores: Mapping[str, Mapping[str, ScoredClips]], seed: int) -> list[dict[str, Any]]:
    """Rows of the schema ``controls``: the probes' own decisions when the prompts have one another's labels.

    In place of an interval of the mean stand the percentiles of the labellings.
    """
    found = []
    for classifier, trajectories in scores.items():
        for signal, trajectory in trajectories.items():
            sided = trajectory.labels >= 0
            index, mine = np.cumsum(sided) - 1, sided[trajectory.prompts]
            for level, decision in enumerate(trajectory.decision):
                place = {"concept": concept, "control": "mismatched", "classifier": classifier, "signal": signal}
                area = _counts(trajectory.labels[trajectory.prompts], trajectory.prompts) | dict.fromkeys(AREA, np.nan)
                if _fewest_prompts(trajectory) >= FEWEST:
                    prompts = index[trajectory.prompts[mine]]
                    turned = confounds.mismatched(decision[mine], prompts, trajectory.labels[sided], seed)
                    area |= dict(zip(AREA, (turned.mean(), *np.percentile(turned, [2.5, 97.5])), strict=True))
                found.append({**place, **_place(trajectory, level), **area})
    return found


def unconditional_rows(
    concept: str, scores: Mapping[str, Mapping[str, ScoredClips]], probes: Mapping[str, "Probe"], table: "pa.Table"
) -> list[dict[str, Any]]:
    """Rows of the schema ``controls`` of the probes by classifier on clips without prompts, a table of ``audio_embeddings``.

    ``unconditional``: clips whose prompt asks for the concept against those; ``decoded_noise``: no such figure, for noise has
    no level to be compared at. ``called_share`` is how many of them the probe says have the concept.
    """
    found = []
    embedding = tables.embeddings(table["embedding"])
    columns = {name: table[name].to_numpy() for name in ("prompt_id", "signal", "step", "sigma")}
    for signal, step in sorted({*zip(columns["signal"].tolist(), columns["step"].tolist(), strict=True)}):
        here = (columns["signal"] == signal) & (columns["step"] == step)
        for classifier, probe in probes.items():
            free = probe.decision_function(embedding[here])
            row = {"concept": concept, "classifier": classifier, "signal": signal, "step": step}
            row |= {"sigma": (sigma := float(columns["sigma"][here][0])), "log_snr_db": noise_levels.log_snr_db(sigma)}
            row["called_share"] = float((free > 0).mean())
            trajectory = scores[classifier].get(signal)
            if trajectory is not None and step in trajectory.step:
                asked = trajectory.labels[trajectory.prompts] == 1
                level = int(np.searchsorted(trajectory.step, step))
                decision = np.concatenate([trajectory.decision[level][asked], free])
                labels = np.repeat([1, 0], [asked.sum(), len(free)])
                prompts = np.concatenate([trajectory.prompt_ids[trajectory.prompts[asked]], columns["prompt_id"][here]])
                found.append(row | {"control": "unconditional"} | _area(decision, labels, prompts))
            if (signal, step) == ("noisy", 0):
                nothing = _counts(np.zeros(len(free)), columns["prompt_id"][here]) | dict.fromkeys(AREA, np.nan)
                found.append(row | {"control": "decoded_noise"} | nothing)
    return found


def summary(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """ROC-AUC with its interval at the last level, by control, classifier and signal."""
    last: dict[str, Any] = {}
    for row in sorted(found, key=lambda row: row["step"]):
        place = last.setdefault(row["control"], {}).setdefault(row["classifier"], {})
        place[row["signal"]] = {name: float(row[name]) for name in AREA}
    return last


def _by_level(paths: Sequence[Path]) -> dict[tuple[str, int], Path]:
    return {(path.parent.name, int(path.stem.removeprefix("step_"))): path for path in paths}


def _embedding(path: Path, trajectory: ScoredClips) -> np.ndarray:
    """Embeddings (clips, 512) of a level, in the trajectory's order."""
    table = parquet.read(path, AUDIO_EMBEDDINGS).sort_by([("prompt_id", "ascending"), ("sample", "ascending")])
    if not np.array_equal(table["prompt_id"].to_numpy(), trajectory.prompt_ids[trajectory.prompts]):
        raise UserError(f"{path} holds other clips than the scores: delete both and run again.")
    return tables.embeddings(table["embedding"])


def _fewest_prompts(trajectory: ScoredClips) -> int:
    return min(int((trajectory.labels == label).sum()) for label in (0, 1))


def _place(trajectory: ScoredClips, level: int) -> dict[str, Any]:
    sigma = float(trajectory.sigma[level])
    return {"step": int(trajectory.step[level]), "sigma": sigma, "log_snr_db": noise_levels.log_snr_db(sigma)}


def _counts(labels: np.ndarray, prompts: np.ndarray) -> dict[str, int]:
    """Prompts and clips on each side; labels (clips,) other than 0 and 1 do not count."""
    return {
        "n_pos_prompts": len(np.unique(prompts[labels == 1])),
        "n_neg_prompts": len(np.unique(prompts[labels == 0])),
        "n_pos": int((labels == 1).sum()),
        "n_neg": int((labels == 0).sum()),
    }


def _area(decision: np.ndarray, labels: np.ndarray, prompts: np.ndarray) -> dict[str, float]:
    """Counts, and ROC-AUC with its interval over prompts; NaN with fewer than two prompts on a side."""
    known = labels >= 0
    counts = _counts(labels, prompts)
    if min(counts["n_pos_prompts"], counts["n_neg_prompts"]) < FEWEST:
        return counts | dict.fromkeys(AREA, float("nan"))
    area = auc.clustered(decision[known], labels[known], prompts[known])
    return counts | dict(zip(AREA, (area.value, *auc.interval(area)), strict=True))
