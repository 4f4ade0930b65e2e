"""Concepts: which notes have one, which prompts ask for one. Each is a view; no concept costs an embedding."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from musicologist.core import documents
from musicologist.core.errors import UserError, require_name, suggest
from musicologist.vocabulary.aspects import ASPECTS
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

KINDS = {"families": FAMILIES, "qualities": QUALITIES, "sources": SOURCES}
GROUPS = ("instrument_family", "note_quality", "source", "higher_level")


@dataclass(frozen=True)
class Terms:
    """Terms of a note by kind; a kind without terms does not count."""

    families: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Concept:
    """A concept's note side and prompt side, each with its ``match`` of any or all; see the head of config/concepts.yaml."""

    name: str
    group: str
    match: str
    positive: Terms
    near: Terms
    positive_aspects: tuple[str, ...]
    near_aspects: tuple[str, ...]
    prompt_match: str = "any"

    @property
    def digest(self) -> str:
        """16 hexadecimal digits over all that the entry says."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def load(path: str | Path, names: str | Sequence[str] = "all") -> dict[str, Concept]:
    """The concepts of a YAML file by name, all of them or only ``names``, in the file's order.

    Raises UserError for a missing or unreadable file, an unknown name, key or term, and an entry without positives.
    """
    entries = documents.load_yaml(path, "the file of concepts")
    if not isinstance(entries, Mapping) or not entries:
        raise UserError(f"{path} holds no concepts: expected entries like is_brass.")
    concepts = {str(name): _concept(path, str(name), entry) for name, entry in entries.items()}
    return chosen(concepts, names, path)


def chosen(concepts: Mapping[str, Concept], names: str | Sequence[str], path: str | Path) -> dict[str, Concept]:
    """All of the concepts of a file or only ``names``, in the file's order; UserError for a name that it does not have."""
    if names == "all":
        return dict(concepts)
    for name in names:
        if name not in concepts:
            raise UserError(
                f"The configuration names the concept {name!r}, which {path} does not define; {suggest(name, concepts)}."
            )
    return {name: concept for name, concept in concepts.items() if name in set(names)}


def _concept(path: str | Path, name: str, entry: Any) -> Concept:
    place = f"{path}, {require_name(name, str(path))}"
    _keys(place, entry, ("group", "notes", "prompts"))
    notes, prompts = entry.get("notes"), entry.get("prompts")
    _keys(f"{place}, notes", notes, ("match", "positive", "near"))
    _keys(f"{place}, prompts", prompts, ("match", "positive", "near"))
    concept = Concept(
        name,
        _one_of(f"{place}: group", entry.get("group"), GROUPS),
        _one_of(f"{place}: notes.match", notes.get("match"), ("any", "all")),
        _note_terms(f"{place}, notes.positive", notes.get("positive")),
        _note_terms(f"{place}, notes.near", notes.get("near") or {}),
        _terms(f"{place}, prompts.positive", prompts.get("positive"), ASPECTS),
        _terms(f"{place}, prompts.near", prompts.get("near") or [], ASPECTS),
        _one_of(f"{place}: prompts.match", prompts.get("match", "any"), ("any", "all")),
    )
    if concept.positive == Terms() or not concept.positive_aspects:
        raise UserError(f"{place}: no positive terms; name what a note and a prompt must have.")
    if concept.prompt_match == "any":
        _apart(f"{place}, prompts", concept.positive_aspects, concept.near_aspects)
    if concept.match == "any":
        for kind in KINDS:
            _apart(f"{place}, notes, {kind}", getattr(concept.positive, kind), getattr(concept.near, kind))
    return concept


def _apart(place: str, positive: Sequence[str], near: Sequence[str]) -> None:
    """Raise UserError where a term stands twice, or is positive and near at once."""
    for term in positive:
        if term in near or positive.count(term) > 1:
            what = "positive and near at once" if term in near else "named twice"
            raise UserError(f"{place}: the term {term!r} is {what}: name it once.")


def _keys(place: str, entry: Any, known: Sequence[str]) -> None:
    if not isinstance(entry, Mapping):
        raise UserError(f"{place}: expected the keys {', '.join(known)}, found {str(entry)[:60]}.")
    for key in entry:
        if key not in known:
            raise UserError(f"{place}: unknown key {key!r}; {suggest(str(key), known)}.")


def _note_terms(place: str, entry: Any) -> Terms:
    _keys(place, entry, tuple(KINDS))
    return Terms(**{kind: _terms(f"{place}.{kind}", terms, KINDS[kind]) for kind, terms in entry.items()})


def _terms(place: str, terms: Any, vocabulary: Sequence[str]) -> tuple[str, ...]:
    if not isinstance(terms, list):
        raise UserError(f"{place}: expected a list of terms, found {str(terms)[:60]}.")
    return tuple(_one_of(place, term, vocabulary) for term in terms)


def _one_of(place: str, term: Any, vocabulary: Sequence[str]) -> str:
    if not isinstance(term, str) or term not in vocabulary:
        raise UserError(f"{place}: unknown term {term!r}; {suggest(str(term), vocabulary)}.")
    return str(term)
