"""The listening page: its data out of a run's products, and the page itself, one file or a folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.concepts.definitions import Concept
from musicologist.listening import clips, contents, examples, reading, selection, sounds


@dataclass(frozen=True)
class Sources:
    """A run's products; what it has not is left out. Score tables are by concept and probe, the others by concept."""

    root: Path
    concepts: Mapping[str, Concept]
    emergence: Path
    order: Path
    prompts: Path | None
    annotations: Path
    run_card: Path
    scores: Mapping[str, Mapping[str, Path]]
    cards: Mapping[str, Path] = field(default_factory=dict)
    controls: Mapping[str, Path] = field(default_factory=dict)
    contents: Mapping[str, Path] = field(default_factory=dict)
    datasets: Mapping[str, Path] = field(default_factory=dict)
    audio: Path | None = None
    corpora: Mapping[str, Path] = field(default_factory=dict)
    notes: Path | None = None
    note_shards: Sequence[Path] = ()
    switching: Path | None = None
    listeners: Path | None = None
    outside: Mapping[str, Path] = field(default_factory=dict)
    """Folders of the products of embedders beside the run's own, by name."""
    comparison: Path | None = None
    """What they say of the same clips."""


@dataclass(frozen=True)
class Page:
    """The page's data, and the clips that can be heard on it by name."""

    data: dict[str, Any]
    heard: dict[str, sounds.Heard]


def gather(sources: Sources, prompts: int, samples: int, kbit: int, progress: sounds.Progress) -> Page:
    """Everything that the page shows of at most so many ``prompts``, each with its first ``samples`` clips.

    Raises UserError where a product is missing or none.
    """
    rows = reading.rows(sources.emergence)
    levels = reading.Levels.of(rows)
    by_concept = {name: [row for row in rows if row["concept"] == name] for name in sources.concepts}
    scores = {
        name: {probe: reading.scores(path, levels) for probe, path in sources.scores[name].items()}
        for name in by_concept
    }
    beside = [
        {**row, "embedder": name}
        for name, folder in sources.outside.items()
        for row in reading.rows(folder / "emergence.parquet")
    ]
    comparison = reading.record(sources.comparison) if sources.comparison else {}
    tars = (
        {level: found for level, found in sounds.tars(sources.audio).items() if level[1] in levels.steps}
        if sources.audio
        else {}
    )
    places = sounds.where(tars)
    annotated = {row["prompt_id"]: row for row in reading.rows(sources.annotations)}
    texts = {prompt: f"Prompt {prompt}, whose text was not given." for prompt in annotated}
    if sources.prompts:
        texts = {row["prompt_id"]: row["text"] for row in reading.rows(sources.prompts)}
    chosen, ranks = _choose(scores, texts, places if sources.audio else None, prompts, samples)
    heard = {
        clip: sounds.Heard(f"{clip[0]}_{clip[1]}", {"corpus": "audio", "prompt": clip[0], "sample": clip[1]})
        for clip in chosen
    }
    if sources.audio:
        sounds.of_clips(tars, heard, places, kbit, sources.root, progress)
    named = {clip.name: clip for clip in heard.values()}
    named |= examples.controls(sources.corpora, levels, kbit, sources.root, progress)
    notes: dict[str, list[dict[str, str]]] = {}
    if sources.note_shards and sources.notes:
        shards = sources.note_shards
        notes, taught = examples.notes(sources.concepts, sources.datasets, sources.notes, shards, kbit, sources.root)
        named |= taught
    listeners = reading.rows(sources.listeners) if sources.listeners else []
    signals = _signals(rows)
    shown = [contents.signal_entry(signal, len(signals) == len(levels.steps) == 1) for signal in signals]
    data = {
        "levels": [
            dict(zip(("step", "sigma", "db"), level, strict=True))
            for level in zip(levels.steps, levels.sigma, levels.log_snr_db, strict=True)
        ],
        "signals": shown,
        "probes": [
            {"id": probe, "name": contents.probe_title(probe), "outside": outside}
            for outside, table in ((False, rows), (True, beside))
            for probe in dict.fromkeys(map(reading.probe_of, table))
        ],
        "second_opinion": comparison.get("summary", ""),
        "concepts": [
            _concept(
                sources,
                name,
                mine,
                [row for row in beside if row["concept"] == name],
                comparison,
                scores[name] | _outside_scores(sources, name, levels),
                levels,
                ranks[name],
                notes.get(name, []),
                [row for row in listeners if row["concept"] == name],
            )
            for name, mine in by_concept.items()
        ],
        "prompts": _prompts(
            annotated, texts, [clip.about["prompt"] for clip in named.values() if "prompt" in clip.about]
        ),
        "orders": contents.order_entries(reading.record(sources.order)),
        "switches": contents.switch_entries(reading.rows(sources.switching)) if sources.switching else [],
        "audible": bool(sources.audio),
        "hush_db": clips.HUSH,
        "card": reading.record(sources.run_card),
    }
    return Page(data, {name: clip for name, clip in named.items() if clip.sounds})


def _outside_scores(sources: Sources, concept: str, levels: reading.Levels) -> dict[str, reading.Scores]:
    """The scores of probes in other embedders' numbers, by probe and embedder."""
    return {
        reading.probe_of({"classifier": probe, "embedder": name}): reading.scores(
            folder / "concepts" / concept / path.name, levels
        )
        for name, folder in sources.outside.items()
        for probe, path in sources.scores[concept].items()
    }


def _signals(rows: Sequence[reading.Row]) -> list[str]:
    return reading.order_of_signals((row["signal"] for row in rows), list(contents.SIGNALS))


def _choose(
    scores: Mapping[str, Mapping[str, reading.Scores]],
    texts: Mapping[int, str],
    heard: Mapping[sounds.Key, str] | None,
    prompts: int,
    samples: int,
) -> tuple[list[sounds.Key], dict[str, dict[sounds.Key, dict[str, Any]]]]:
    """The clips of the page, and by concept the side, rank and number of clips of that side for each of them."""
    rankings, keys_of = {}, {}
    for name, by_probe in scores.items():
        first = next(iter(by_probe.values()))
        last = np.stack([np.nan_to_num(found.last(), nan=-np.inf) for found in by_probe.values()])
        rankings[name] = selection.ranked(selection.mean_rank(last), first.labels)
        keys_of[name] = first.keys
    keys = next(iter(keys_of.values()))
    possible = [key for key in keys if key[1] < samples and key[0] in texts and (heard is None or key in heard)]
    audible = set(possible)
    wanted: dict[tuple[str, str, str], Any] = {}
    for name, found in rankings.items():
        mine = selection.Ranked(
            *(tuple(clip for clip in side if keys_of[name][clip] in audible) for side in (found.asked, found.other))
        )
        wanted |= {place: keys_of[name][clip][0] for place, clip in selection.wanted({name: mine}).items()}
    ids = list(dict.fromkeys(prompt for prompt, _ in possible))
    taken = set(selection.cover(wanted, ids, prompts))
    chosen = [key for key in possible if key[0] in taken]
    ranks: dict[str, dict[sounds.Key, dict[str, Any]]] = {}
    for name, found in rankings.items():
        place = {
            keys_of[name][clip]: (side, rank, len(clips))
            for side, clips in (("asked", found.asked), ("other", found.other))
            for rank, clip in enumerate(clips, 1)
        }
        ranks[name] = {
            key: dict(zip(("side", "rank", "of"), place[key], strict=True)) if key in place else {"side": "near"}
            for key in chosen
        }
    return chosen, ranks


def _concept(
    sources: Sources,
    name: str,
    rows: Sequence[reading.Row],
    beside: Sequence[reading.Row],
    comparison: reading.Row,
    scores: Mapping[str, reading.Scores],
    levels: reading.Levels,
    ranks: Mapping[sounds.Key, Mapping[str, Any]],
    notes: Sequence[Mapping[str, str]],
    listeners: Sequence[reading.Row],
) -> dict[str, Any]:
    card = reading.record(sources.cards[name]) if name in sources.cards else {}
    held_out = {probe: report.get("held_out") or {} for probe, report in card.get("probes", {}).items()}
    counts = _note_counts(sources.datasets.get(name))
    held = reading.rows(sources.contents[name]) if name in sources.contents else []
    judged = {(row["prompt_id"], row["sample"]): row for row in held}
    judges = [column for column in (held[0] if held else ()) if f"{column}_label" in held[0] and column != "prompt"]
    end = max(rows, key=lambda row: row["step"])
    second_opinion, disagreements = contents.second_opinion(name, comparison, card.get("tags", ()))
    return {
        "id": name,
        "name": contents.title(name),
        "definition": contents.definition(sources.concepts[name]),
        "prompts": {"asking": end.get("n_pos_prompts"), "other": end.get("n_neg_prompts")},
        "notes_counted": counts,
        "held_out": {contents.probe_title(probe): area.get("roc_auc") for probe, area in held_out.items()},
        "warnings": contents.warnings(rows) + disagreements,
        "second_opinion": second_opinion,
        "curves": contents.curves(rows, levels, card),
        "outside": contents.curves(beside, levels, {}),
        "controls": contents.control_curves(reading.rows(sources.controls[name]), levels)
        if name in sources.controls
        else [],
        "listeners": list(listeners),
        "notes": list(notes),
        "ranks": {f"{key[0]}_{key[1]}": rank for key, rank in ranks.items()},
        "scores": {f"{key[0]}_{key[1]}": _decisions(scores, key) for key in ranks},
        "judged": {
            f"{key[0]}_{key[1]}": {judge: judged[key][judge] for judge in judges} for key in ranks if key in judged
        },
    }


def _decisions(scores: Mapping[str, reading.Scores], clip: sounds.Key) -> dict[str, dict[str, list[float | None]]]:
    """One clip's decisions by probe and signal, over the levels."""
    found: dict[str, dict[str, list[float | None]]] = {}
    for probe, mine in scores.items():
        if clip in mine.place:
            found[probe] = {
                signal: [None if np.isnan(v) else round(float(v), 4) for v in values[:, mine.place[clip]]]
                for signal, values in mine.decision.items()
            }
    return found


def _note_counts(dataset: Path | None) -> dict[str, int]:
    if dataset is None:
        return {}
    found: dict[str, Any] = {}
    rows = reading.rows(dataset)
    for side, label in (("with", 1), ("without", 0)):
        mine = [row["instrument"] for row in rows if row["label"] == label]
        found |= {side: len(mine), f"instruments_{side}": len(set(mine))}
    return found


def _prompts(
    annotated: Mapping[int, reading.Row], texts: Mapping[int, str], shown: Iterable[int]
) -> dict[str, dict[str, Any]]:
    found = {}
    for prompt in sorted(set(shown) & set(texts)):
        row = annotated.get(prompt, {})
        aspects, words = row.get("aspects") or [], row.get("aspects_raw") or []
        found[str(prompt)] = contents.prompt_entry(texts[prompt], aspects, words)
    return found
