"""The curves of one concept's baselines and controls, level by level with the same clips in the same order as its scores."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.audio import acoustics
from musicologist.audio.acoustics import AUDIO_ACOUSTICS, NOTE_ACOUSTICS
from musicologist.concepts.datasets import DATASET
from musicologist.core import levels, noise_levels, parquet
from musicologist.core.errors import UserError
from musicologist.embeddings import of_clips, tables
from musicologist.embeddings.tables import TEXT_EMBEDDINGS
from musicologist.emergence import scored_clips
from musicologist.emergence.scored_clips import FEWEST, ScoredClips
from musicologist.probes import baselines
from musicologist.probes.decisions import Linear
from musicologist.statistics import agreement as statistics_agreement
from musicologist.statistics import auc, metrics, nulls

if TYPE_CHECKING:
    import pyarrow as pa

    from musicologist.concepts.definitions import Concept
    from musicologist.probes.classifiers import Probe

CurveKey = tuple[str, str, str]
"""Control, classifier, signal."""

AREA = ("roc_auc", "roc_auc_low", "roc_auc_high")
_MEASURE_AGAIN = "measure the clips anew with `snakemake --forcerun measure_acoustics`"

Measured = dict[str, tuple[np.ndarray, np.ndarray]]
"""By signal: covariates (levels, clips, 3) and cepstral statistics (levels, clips, 40)."""


def arrange_acoustics(path: str | Path, scored: Mapping[str, ScoredClips]) -> Measured:
    """What was measured in these scored clips by signal, of the signals that were measured.

    Raises UserError where the table holds other clips.
    """
    table = parquet.read(path, AUDIO_ACOUSTICS)
    signals, steps = table["signal"].to_numpy(), table["step"].to_numpy()
    found = {}
    for signal, mine in scored.items():
        if signal not in signals:
            continue
        covariates, cepstra = [], []
        for step in mine.step:
            level = table.filter((signals == signal) & (steps == step))
            rows = of_clips.rows_of(level, mine.clips, f"{path} at step {step} of {signal}", _MEASURE_AGAIN)
            columns = (level[name].to_numpy()[rows] for name in ("loudness_lufs", "centroid_hz", "flatness_db"))
            covariates.append(acoustics.covariates(*columns))
            cepstra.append(_cepstra(level)[rows])
        found[signal] = np.stack(covariates), np.stack(cepstra)
    return found


def _cepstra(table: "pa.Table") -> np.ndarray:
    """The column ``mfcc`` as an array (rows, 40)."""
    return table["mfcc"].combine_chunks().flatten().to_numpy().reshape(-1, acoustics.MFCC_SIZE)


def from_scores(scores: Mapping[str, Mapping[str, ScoredClips]], measured: Measured) -> dict[CurveKey, np.ndarray]:
    """Decisions (levels, clips) of each probe with what ``measured`` explains partialled out."""
    found = {}
    for classifier, scored in scores.items():
        for signal, (covariates, _) in measured.items():
            mine = scored[signal]
            found["partialled", classifier, signal] = np.stack(
                [nulls.partialled(*level, mine.clip_labels) for level in zip(mine.decision, covariates, strict=True)]
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
        raise UserError(
            f"{notes} lacks notes of {dataset}: measure the notes anew with `snakemake --forcerun measure_note_acoustics`."
        )
    probe = baselines.handcrafted(_cepstra(table)[rows.to_numpy()], chosen["label"].to_numpy())
    return {
        ("handcrafted", "mfcc", signal): probe.decision_function(features) for signal, (_, features) in measured.items()
    }


def from_embeddings(
    concept: "Concept",
    paths: Sequence[Path],
    scored: Mapping[str, ScoredClips],
    seed: int,
    texts: Sequence[str | Path] = (),
) -> dict[CurveKey, np.ndarray]:
    """Decisions (levels, clips) of the in-domain probe, where both sides have two prompts, and of the zero-shot probe.

    The latter is made of ``texts``, a table of text queries if there is one. ``paths`` are .../SIGNAL/step_XX.parquet, one for
    each level; memory holds one. The in-domain probe learns from the finished clips. Raises UserError where a table holds
    other clips than the scores.
    """
    by_level = levels.of_tables(paths)
    own = dict(concept.words)  # nobody has queries for aspects of the user's own
    asked, near = ([one for one in some if one not in own] for some in (concept.positive_aspects, concept.near_aspects))
    text = [baselines.zero_shot(parquet.read(path, TEXT_EMBEDDINGS), asked, near) for path in texts if asked]
    signal, end = finished(scored)
    probes: list[Linear] = []
    if end.enough:
        embedding = of_clips.read(by_level[signal, int(end.step[-1])], end.clips)
        probes, judge = baselines.in_domain(embedding, end.clip_labels, end.clip_prompt_ids, seed)
    found: dict[CurveKey, list[np.ndarray]] = {}
    for signal, mine in scored.items():
        for step in mine.step:
            embedding = of_clips.read(by_level[signal, int(step)], mine.clips)
            for probe in text:
                found.setdefault(("zero_shot", "text", signal), []).append(probe.decision_function(embedding))
            if probes:
                judged = np.stack([probe.decision_function(embedding) for probe in probes])[
                    judge, np.arange(len(judge))
                ]
                found.setdefault(("in_domain", "lda", signal), []).append(judged)
    return {curve: np.stack(decisions) for curve, decisions in found.items()}


def finished(scored: Mapping[str, ScoredClips]) -> tuple[str, ScoredClips]:
    """The signal whose last level is the finished clips, ``denoised``, without it ``noisy``, and its scored clips."""
    signal = "denoised" if "denoised" in scored else "noisy"
    return signal, scored[signal]


def content(decisions: Mapping[CurveKey, np.ndarray], scored: Mapping[str, ScoredClips]) -> "pa.Table":
    """What the finished clips hold, a table of the schema ``content`` with one row for each clip.

    A clip has the concept where its decision is among the highest, as large a share of the clips as of those whose prompt asks
    for it: the decision's own threshold means little in another domain than that in which it was learnt. A clip whose prompt
    counts on both sides has no prompt label here.
    """
    import pyarrow as pa

    signal, end = finished(scored)
    known = end.known
    share = float((end.clip_labels[known] == 1).mean()) if known.any() else 0.0
    names, first, times = _distinct(end)
    one_sided = known[first] & (times == 1)
    columns = {"prompt_id": names[0], "sample": names[1]}
    columns["prompt_label"] = pa.array(end.clip_labels[first], pa.int8(), mask=~one_sided)
    for control, classifier in (("zero_shot", "text"), ("in_domain", "lda")):
        curve = decisions.get((control, classifier, signal))
        decision = curve[-1, first] if curve is not None else np.full(len(first), np.nan)
        called = decision > metrics.matching_prior(decision, share)
        columns[control] = decision
        columns[f"{control}_label"] = pa.array(called, mask=np.isnan(decision)).cast(pa.int8())
    return pa.table(columns)


def _distinct(scored: ScoredClips) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prompt ids and samples (2, distinct clips), sorted; where each stands first, and how many times it is there."""
    names = np.stack([scored.clips.prompt_ids, scored.clips.samples])
    return np.unique(names, axis=1, return_index=True, return_counts=True)


def agreement(content: "pa.Table", scored: Mapping[str, ScoredClips]) -> dict[str, float]:
    """Cohen's kappa of each content label with the prompts' labels, over the clips whose prompt takes a side.

    A clip whose prompt counts on both sides counts twice, once with each label, as in every figure about prompts' labels.
    """
    _, end = finished(scored)
    rows = of_clips.rows_of(content, end.clips, "the table of contents", of_clips.SCORE_AGAIN)
    found = {}
    for control in ("zero_shot", "in_domain"):
        held = content[f"{control}_label"].fill_null(-1).to_numpy()[rows]
        both = end.known & (held >= 0)
        votes = np.stack([end.clip_labels, held], axis=1)[both]
        once = np.ones((1, len(votes)))
        found[f"{control}_kappa"] = float(statistics_agreement.kappa(votes, once)[0]) if len(votes) else float("nan")
    return found


def rows(
    concept: str, decisions: Mapping[CurveKey, np.ndarray], scored: Mapping[str, ScoredClips]
) -> list[dict[str, Any]]:
    """Rows of the schema ``controls`` of these curves against the prompts' labels."""
    return [
        {"concept": concept, "control": control, "classifier": classifier, "signal": signal}
        | {**mine.place(level), **_area(decision, mine.clip_labels, mine.clip_prompt_ids)}
        for (control, classifier, signal), curve in decisions.items()
        for mine in (scored[signal],)
        for level, decision in enumerate(curve)
    ]


def content_rows(
    concept: str, scores: Mapping[str, Mapping[str, ScoredClips]], content: "pa.Table"
) -> list[dict[str, Any]]:
    """Rows of the schema ``controls``: the probes' own decisions against what the finished clips hold (control ``content``).

    Each clip counts once, whatever the sides of its prompt.
    """
    held = content["in_domain_label"].fill_null(-1).to_numpy()
    found = []
    for classifier, scored in scores.items():
        for signal, mine in scored.items():
            (prompt_ids, _), first, _ = _distinct(mine)
            found += [
                {"concept": concept, "control": "content", "classifier": classifier, "signal": signal}
                | {**mine.place(level), **_area(decision[first], held, prompt_ids)}
                for level, decision in enumerate(mine.decision)
            ]
    return found


def mismatched_rows(concept: str, scores: Mapping[str, Mapping[str, ScoredClips]], seed: int) -> list[dict[str, Any]]:
    """Rows of the schema ``controls``: the probes' own decisions when the prompts have one another's labels.

    In place of an interval of the mean stand the percentiles of the labellings.
    """
    found = []
    for classifier, scored in scores.items():
        for signal, mine in scored.items():
            sided = mine.labels >= 0
            index, known = np.cumsum(sided) - 1, mine.known
            for level, decision in enumerate(mine.decision):
                curve = {"concept": concept, "control": "mismatched", "classifier": classifier, "signal": signal}
                area = scored_clips.counts(mine.clip_labels, mine.clip_prompt_ids) | dict.fromkeys(AREA, np.nan)
                if mine.enough:
                    prompts = index[mine.prompts[known]]
                    turned = nulls.mismatched(decision[known], prompts, mine.labels[sided], seed)
                    area |= dict(zip(AREA, (turned.mean(), *np.percentile(turned, [2.5, 97.5])), strict=True))
                found.append({**curve, **mine.place(level), **area})
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
            mine = scores[classifier].get(signal)
            if mine is not None and step in mine.step:
                asked = mine.clip_labels == 1
                level = int(np.searchsorted(mine.step, step))
                decision = np.concatenate([mine.decision[level][asked], free])
                labels = np.repeat([1, 0], [asked.sum(), len(free)])
                prompts = np.concatenate([mine.clip_prompt_ids[asked], columns["prompt_id"][here]])
                found.append(row | {"control": "unconditional"} | _area(decision, labels, prompts))
            if (signal, step) == ("noisy", 0):
                counts = scored_clips.counts(np.zeros(len(free)), columns["prompt_id"][here])
                found.append(row | {"control": "decoded_noise"} | counts | dict.fromkeys(AREA, np.nan))
    return found


def summary(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """ROC-AUC with its interval at the last level, by control, classifier and signal."""
    last: dict[str, Any] = {}
    for row in sorted(found, key=lambda row: row["step"]):
        place = last.setdefault(row["control"], {}).setdefault(row["classifier"], {})
        place[row["signal"]] = {name: float(row[name]) for name in AREA}
    return last


def _area(decision: np.ndarray, labels: np.ndarray, prompts: np.ndarray) -> dict[str, float]:
    """Counts, and ROC-AUC with its interval over prompts; NaN with fewer than two prompts on a side."""
    known = labels >= 0
    counts = scored_clips.counts(labels, prompts)
    if min(counts["n_pos_prompts"], counts["n_neg_prompts"]) < FEWEST:
        return counts | dict.fromkeys(AREA, float("nan"))
    area = auc.clustered(decision[known], labels[known], prompts[known])
    return counts | dict(zip(AREA, (area.value, *auc.interval(area)), strict=True))
