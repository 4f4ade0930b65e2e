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

OWN_ASPECTS = "aspects"
"""The key of a file of concepts that holds aspects of one's own, each with the words by which a prompt names it."""
KINDS = {"families": FAMILIES, "qualities": QUALITIES, "sources": SOURCES}


@dataclass(frozen=True)
class Terms:
    """Terms of a note by kind; a kind without terms does not count."""

    families: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Concept:
    """A concept's note side and prompt side, each with its ``match`` of any or all; see the head of config/concepts.yaml.

    ``words`` has of its aspects those that the file itself defines, each with its words.
    """

    name: str
    group: str
    match: str
    positive: Terms
    near: Terms
    positive_aspects: tuple[str, ...]
    near_aspects: tuple[str, ...]
    prompt_match: str = "any"
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def digest(self) -> str:
        """16 hexadecimal digits over all that the entry says."""
        said = {key: value for key, value in asdict(self).items() if key != "words" or value}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def load(path: str | Path, names: str | Sequence[str] = "all") -> dict[str, Concept]:
    """The concepts of a YAML file by name, all of them or only ``names``, in the file's order.

    Raises UserError for a missing or unreadable file, an unknown name, key or term, and an entry without positives.
    """
    return chosen(of_entries(read([path]), path), names, path)


def read(paths: Sequence[str | Path]) -> dict[str, Any]:
    """The entries of several files as those of one; aspects of one's own stand in one entry.

    Raises UserError for a missing or unreadable file, and for a concept or aspect that two files define.
    """
    entries: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for path in paths:
        found = documents.load_yaml(path, "the file of concepts")
        if not isinstance(found, Mapping) or not found:
            raise UserError(f"{path} holds no concepts: expected entries like is_brass.")
        aspects = found.get(OWN_ASPECTS) or {}
        if not isinstance(aspects, Mapping):
            raise UserError(f"{path}, {OWN_ASPECTS}: expected names with their words, as in bell: [bell, chime].")
        concepts = {name: entry for name, entry in found.items() if name != OWN_ASPECTS}
        for known, more in ((entries, concepts), (own, aspects)):
            if twice := [name for name in more if name in known]:
                raise UserError(f"{path} defines {twice[0]!r}, which another file of concepts defines too: rename one.")
            known.update(more)
    return {**({OWN_ASPECTS: own} if own else {}), **entries}


def of_entries(entries: Mapping[str, Any], path: object) -> dict[str, Concept]:
    """The concepts of entries as ``read`` returns them; ``path`` names their file in sentences."""
    own = {str(name): _words(path, str(name), words) for name, words in entries.get(OWN_ASPECTS, {}).items()}
    found = {str(name): entry for name, entry in entries.items() if name != OWN_ASPECTS}
    return {name: _concept(path, name, entry, own) for name, entry in found.items()}


def _words(path: object, name: str, words: Any) -> tuple[str, ...]:
    """The words of an aspect of one's own; UserError where the table of aspects has it, or there are none."""
    place = f"{path}, {OWN_ASPECTS}, {name}"
    if name in ASPECTS:
        raise UserError(f"{place}: the workflow knows this aspect already: take its entry out, or choose another name.")
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise UserError(f"{place}: expected a list of words, as in [bell, church bell], found {str(words)[:60]}.")
    return tuple(words)


def chosen(concepts: Mapping[str, Concept], names: str | Sequence[str], path: object) -> dict[str, Concept]:
    """All of the concepts of a file or only ``names``, in the file's order; UserError for a name that it does not have."""
    if names == "all":
        return dict(concepts)
    for name in names:
        if name not in concepts:
            raise UserError(
                f"The configuration names the concept {name!r}, which {path} does not define; {suggest(name, concepts)}."
            )
    return {name: concept for name, concept in concepts.items() if name in set(names)}


def _concept(path: object, name: str, entry: Any, own: Mapping[str, tuple[str, ...]]) -> Concept:
    place = f"{path}, {require_name(name, str(path))}"
    _keys(place, entry, ("group", "notes", "prompts"))
    notes, prompts = entry.get("notes"), entry.get("prompts")
    _keys(f"{place}, notes", notes, ("match", "positive", "near"))
    _keys(f"{place}, prompts", prompts, ("match", "positive", "near"))
    known = (*ASPECTS, *own)
    positive = _terms(f"{place}, prompts.positive", prompts.get("positive"), known)
    near = _terms(f"{place}, prompts.near", prompts.get("near") or [], known)
    concept = Concept(
        name,
        require_name(entry.get("group"), f"{place}: group"),
        _one_of(f"{place}: notes.match", notes.get("match"), ("any", "all")),
        _note_terms(f"{place}, notes.positive", notes.get("positive")),
        _note_terms(f"{place}, notes.near", notes.get("near") or {}),
        positive,
        near,
        _one_of(f"{place}: prompts.match", prompts.get("match", "any"), ("any", "all")),
        tuple((aspect, own[aspect]) for aspect in (*positive, *near) if aspect in own),
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
