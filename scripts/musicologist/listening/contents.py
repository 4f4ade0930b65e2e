"""What the page says about concepts and prompts: plain values for JSON, in the words in which people read them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from musicologist.concepts.definitions import Concept, Terms
from musicologist.listening.reading import Levels, Row, probe_of
from musicologist.prompts import lexicon_annotator
from musicologist.statistics.outcomes import NOT_EMERGED
from musicologist.vocabulary.kinds import by_kind

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


def signal_entry(signal: str, finished: bool = False) -> dict[str, Any]:
    """A signal's name, meaning, and whether it is a control; ``finished`` where there are finished clips and nothing else."""
    name, meaning = SIGNALS.get(signal, (signal.replace("_", " "), ""))
    name, meaning = ("clip", "the finished clip") if finished else (name, meaning)
    return {
        "id": signal,
        "name": name,
        "meaning": meaning,
        "control": signal in CONTROL_SIGNALS,
        "noise": signal in NOISE_SIGNALS,
    }


_OF_A_CURVE = ("answer", "monotone", "p", "q", "p_random", "q_random", "beats_random")


def curves(rows: Sequence[Row], levels: Levels, card: Row) -> list[dict[str, Any]]:
    """One concept's curves by probe and signal: the area with its interval and nulls over the levels, answer and landmarks.

    ``card`` is the concept's, empty where there is none; it has the answers of curves under controls.
    """
    found = []
    curved = len(levels.steps) > 1
    controlled = {(probe_of(row), row["signal"]): row.get("under_controls", {}) for row in card.get("curves", ())}
    for probe, signal in dict.fromkeys((probe_of(row), row["signal"]) for row in rows):
        mine = [row for row in rows if (probe_of(row), row["signal"]) == (probe, signal)]
        end = max(mine, key=lambda row: row["step"])

        def over(name: str, mine: Sequence[Row] = mine) -> list[Any]:
            return levels.spread({row["step"]: row.get(name) for row in mine})

        under = controlled.get((probe, signal), {})
        under = under if curved else {control: of_one_level(answer) for control, answer in under.items()}
        found.append(
            {
                "probe": probe,
                "signal": signal,
                **{name: end.get(name) for name in _OF_A_CURVE},
                "answer": end.get("answer") if curved else of_one_level(end.get("answer")),
                "under_controls": under,
                "auc": over("roc_auc"),
                "low": over("roc_auc_low"),
                "high": over("roc_auc_high"),
                "p_level": over("p_level"),
                "critical": over("critical_auc"),
                "random_low": over("random_low"),
                "random_high": over("random_high"),
                "half_excess": landmark(end, "half_excess_sigma") if curved else None,
                "onset": landmark(end, "onset_sigma") if curved else None,
            }
        )
    return found


def of_one_level(answer: str | None) -> str | None:
    """What an answer comes to where there is one level: nothing can be said of when."""
    return answer and ("cannot be told apart" if answer == NOT_EMERGED else "can be told apart")


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
        "asked_for": _asked_for(concept, concept.positive_aspects),
        "near": _asked_for(concept, concept.near_aspects),
    }


def _asked_for(concept: Concept, aspects: Sequence[str]) -> str:
    """What of these aspects a prompt must name, in words: "brass or reed, and acoustic" where each kind must be there."""
    kinds = by_kind(aspects).values() if concept.prompt_match == "all" else [aspects] if aspects else []
    return ", and ".join(" or ".join(aspect.replace("_", " ") for aspect in mine) for mine in kinds)


def _terms(terms: Terms, join: str) -> str:
    parts = []
    for kind, name in _KINDS.items():
        words = getattr(terms, kind)
        if words:
            parts.append(f"{name} {' or '.join(word.replace('_', ' ') for word in words)}")
    return join.join(parts)


def warnings(rows: Sequence[Row]) -> list[dict[str, str]]:
    """What a reader must know before believing a concept's numbers: ``short`` words for a table and a sentence.

    They stand in the rows' column ``warning``, as ``short words: sentence``, several with " | " between them. Those of some of
    the probes alone are said with their names.
    """
    said: dict[str, set[str]] = {}
    for row in rows:
        for one in (row.get("warning") or "").split(" | "):
            if one:
                said.setdefault(one, set()).add(probe_of(row))
    every = {probe_of(row) for row in rows}
    found = []
    for one, probes in said.items():
        short, sentence = one.split(": ", 1) if ": " in one else ("warning", one)
        whose = "" if probes == every else f"{' and '.join(probe_title(probe) for probe in sorted(probes))}: "
        found.append({"short": short, "sentence": f"{whose}{sentence}."})
    return found


def second_opinion(
    concept: str, comparison: Mapping[str, Any], tags: Sequence[Mapping[str, Any]] = ()
) -> tuple[str, list[dict[str, str]]]:
    """What else is said of a concept, as a sentence, and a warning for each embedder beside the run's own that does not agree.

    ``comparison`` is comparison/embedders.json, empty where a run has one embedder; ``tags`` are those of the concept's card,
    of which the sentences about the finished clips are told.
    """
    signal = "denoised" if any(row["signal"] == "denoised" for row in tags) else "noisy"
    told = [row["sentence"] for row in tags if row["signal"] == signal]
    said = " ".join(filter(None, [comparison.get("sentences", {}).get(concept), *told]))
    others = comparison.get("disagree", {}).get(concept, ())
    return said, [{"short": f"{embedder} does not agree", "sentence": said} for embedder in others]


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
