"""What the page says about concepts and prompts: plain values for JSON, in the words in which people read them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from musicologist.concepts.definitions import Concept, Terms
from musicologist.listening.reading import Levels, Row, probe_of
from musicologist.prompts import lexicon_annotator

FEWEST_PROMPTS = 5
FEWEST_INSTRUMENTS = 20
_AT_CHANCE = 0.6
"""Held-out ROC-AUC below which a probe is said to be near chance where no interval says it."""

SIGNALS: Mapping[str, tuple[str, str]] = {
    "denoised": ("prediction", "what the model, led by the prompt, expects the finished clip to be"),
    "unguided": ("prediction, unguided", "what the model by itself expects the finished clip to be"),
    "noisy": ("noisy state", "what the clip is at this moment: music under the noise that is left"),
    "renoised": ("noised again", "a control: the finished clip, noised again to this level"),
    "deformed": ("finished + noise", "a control: the finished clip under white noise of this level"),
}
"""Name and meaning of each signal, in the order in which the page has them."""
CONTROL_SIGNALS = ("renoised", "deformed")
NOISE_SIGNALS = ("noisy", "renoised", "deformed")
"""Signals that are the more noise the higher the level."""
_PROBES = {"logistic": "logistic regression", "svm": "SVM", "knn": "nearest notes", "centroid": "nearest mean"}
_GROUPS = {
    "instrument_family": "instrument family",
    "note_quality": "quality of the note",
    "source": "how it is produced",
    "higher_level": "style and ensemble",
}
_KINDS = {"families": "family", "qualities": "quality", "sources": "source"}


def title(concept: str) -> str:
    """A concept's name for people: is_synth_lead is "synth lead"."""
    return concept.removeprefix("is_").replace("_", " ")


def probe_title(probe: str) -> str:
    """A probe's name for people."""
    classifier, _, embedder = probe.partition(" / ")
    name = _PROBES.get(classifier, classifier)
    return f"{name}, {embedder}" if embedder else name


def signal_entry(signal: str) -> dict[str, Any]:
    """A signal's name, meaning, and whether it is a control."""
    name, meaning = SIGNALS.get(signal, (signal.replace("_", " "), ""))
    return {
        "id": signal,
        "name": name,
        "meaning": meaning,
        "control": signal in CONTROL_SIGNALS,
        "noise": signal in NOISE_SIGNALS,
    }


def curves(rows: Sequence[Row], levels: Levels) -> list[dict[str, Any]]:
    """One concept's curves by probe and signal: the area with its interval and nulls over the levels, answer and landmarks."""
    found = []
    for probe, signal in dict.fromkeys((probe_of(row), row["signal"]) for row in rows):
        mine = [row for row in rows if (probe_of(row), row["signal"]) == (probe, signal)]
        end = max(mine, key=lambda row: row["step"])

        def over(name: str, mine: Sequence[Row] = mine) -> list[Any]:
            return levels.spread({row["step"]: row.get(name) for row in mine})

        found.append(
            {
                "probe": probe,
                "signal": signal,
                **{name: end.get(name) for name in ("answer", "p", "q", "p_random", "beats_random")},
                "auc": over("roc_auc"),
                "low": over("roc_auc_low"),
                "high": over("roc_auc_high"),
                "p_level": over("p_level"),
                "critical": over("critical_auc"),
                "random_low": over("random_low"),
                "random_high": over("random_high"),
                "sigma50": landmark(end, "half_rise_sigma"),
                "onset": landmark(end, "onset_sigma"),
            }
        )
    return found


def landmark(row: Row, name: str) -> list[float] | None:
    """A landmark with its interval, None where the curve has none."""
    values = [row.get(f"{name}{part}") for part in ("", "_low", "_high")]
    known = values[0] is not None and np.isfinite(values[0])
    return [float("nan") if value is None else value for value in values] if known else None


def control_curves(rows: Sequence[Row], levels: Levels) -> list[dict[str, Any]]:
    """One concept's controls, each as a curve over the levels; ``called`` is how often a probe hears the concept there."""
    found = []
    for name, probe, signal in dict.fromkeys((row["control"], probe_of(row), row["signal"]) for row in rows):
        mine = {
            row["step"]: row for row in rows if (row["control"], probe_of(row), row["signal"]) == (name, probe, signal)
        }
        parts = {"auc": "roc_auc", "low": "roc_auc_low", "high": "roc_auc_high", "called": "called_share"}
        values = {
            key: levels.spread({step: row.get(column) for step, row in mine.items()}) for key, column in parts.items()
        }
        found.append({"control": name, "probe": probe, "signal": signal, **values})
    return found


def definition(concept: Concept) -> dict[str, Any]:
    """What a note must be and a prompt must ask for, in words."""
    return {
        "group": _GROUPS.get(concept.group, concept.group.replace("_", " ")),
        "notes": _terms(concept.positive, " and " if concept.match == "all" else " or "),
        "notes_near": _terms(concept.near, " or "),
        "asks": list(concept.positive_aspects),
        "near": list(concept.near_aspects),
    }


def _terms(terms: Terms, join: str) -> str:
    parts = []
    for kind, name in _KINDS.items():
        words = getattr(terms, kind)
        if words:
            parts.append(f"{name} {' or '.join(word.replace('_', ' ') for word in words)}")
    return join.join(parts)


def warnings(
    rows: Sequence[Row], notes: Mapping[str, int], held_out: Mapping[str, Mapping[str, float]]
) -> list[dict[str, str]]:
    """What a reader must know before believing a concept's numbers: ``short`` words for a table and a sentence.

    ``notes`` counts notes and instruments of both sides (empty where nothing is known), ``held_out`` has each probe's
    ROC-AUC on notes of instruments that it has not met.
    """
    found = []

    def warn(short: str, sentence: str) -> None:
        found.append({"short": short, "sentence": sentence})

    end = max(rows, key=lambda row: row["step"])
    asking, other = end.get("n_pos_prompts"), end.get("n_neg_prompts")
    if asking is not None and other is not None and min(asking, other) < FEWEST_PROMPTS:
        warn(
            "few prompts", f"Only {asking} prompts ask for it and {other} do not: its curve is hardly more than chance."
        )
    fewest = min((notes[name] for name in ("instruments_with", "instruments_without") if name in notes), default=None)
    if fewest is not None and fewest < FEWEST_INSTRUMENTS:
        warn(
            "few instruments",
            f"The probes learnt it from {notes['with']} notes of {notes['instruments_with']} instruments against "
            f"{notes['without']} notes of {notes['instruments_without']}: too few to tell the idea from the instrument.",
        )
    for probe, area in held_out.items():
        value, low = area.get("roc_auc"), area.get("roc_auc_low")
        if value is not None and (low <= 0.5 if low is not None else value < _AT_CHANCE):
            warn(
                "probe near chance",
                f"On single notes of instruments that it had not met, the {probe_title(probe)} tells the concept apart hardly "
                f"better than a coin (ROC-AUC {value:.2f}): what it says about music means little.",
            )
    for sentence in dict.fromkeys(str(row["warning"]) for row in rows if row.get("warning")):
        warn("warning", sentence)
    for signal, answers in _answers_by_embedder(rows).items():
        if len(set(answers.values())) > 1:
            said = "; ".join(f"{embedder}: {answer}" for embedder, answer in answers.items())
            warn("embedders disagree", f"{SIGNALS.get(signal, (signal,))[0].capitalize()}: {said}.")
    return found


def _answers_by_embedder(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        if row.get("embedder") and row.get("answer"):
            found.setdefault(row["signal"], {}).setdefault(row["embedder"], []).append(row["answer"])
    return {
        signal: {embedder: " / ".join(dict.fromkeys(answers)) for embedder, answers in by_embedder.items()}
        for signal, by_embedder in found.items()
    }


def prompt_entry(text: str, aspects: Sequence[str], words: Sequence[str]) -> dict[str, Any]:
    """A prompt with what it asks for, and which of its words made it count: ``marks`` of start, end and aspects.

    ``words`` are what the annotator found, in the order of the text; what stands nowhere in it (a language model's tags) marks
    nothing.
    """
    marks, place = [], 0
    for word in words:
        hit = re.compile(re.escape(word).replace(r"\ ", r"\s+"), re.IGNORECASE).search(text, place)
        if hit:
            place = hit.end()
            [meant] = lexicon_annotator.annotate_by_lexicon([word])
            marks.append([hit.start(), hit.end(), list(meant.aspects)])
    return {"text": text, "aspects": list(aspects), "marks": marks}


def order_entries(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The orders of order.json: for each probe and signal its concepts, earliest first, and P(row before column)."""
    return [
        {
            "probe": probe_of(entry),
            "signal": entry["signal"],
            "concepts": [row["concept"] for row in entry["concepts"]],
            "before": entry["before"],
        }
        for entry in order.get("orders", [])
    ]


def switch_entries(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """For each concept and probe the noise level up to which a prompt that is exchanged on the way still gets its concept."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        name = next((name for name in ("sigma_switch", "switch_sigma", "half_switch_sigma") if name in row), None)
        if name and row.get("concept"):
            value = landmark(row, name)
            if value:
                found[row["concept"], probe_of(row)] = {
                    "concept": row["concept"],
                    "probe": probe_of(row),
                    "sigma": value,
                }
    return list(found.values())
