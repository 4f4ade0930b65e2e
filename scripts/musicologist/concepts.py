"""Concepts: which notes have one, which prompts ask for one. Each is a view; no concept costs an embedding."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicologist.errors import UserError, suggest
from musicologist.vocabulary import ASPECTS, FAMILIES, QUALITIES, SOURCES

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

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
    """A concept's note side (``match`` is any or all) and prompt side; see the head of config/concepts.yaml."""

    name: str
    group: str
    match: str
    positive: Terms
    near: Terms
    positive_aspects: tuple[str, ...]
    near_aspects: tuple[str, ...]

    @property
    def digest(self) -> str:
        """16 hexadecimal digits over all that the entry says."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def load(path: str | Path, names: str | Sequence[str] = "all") -> dict[str, Concept]:
    """The concepts of a YAML file by name, all of them or only ``names``, in the file's order.

    Raises UserError for a missing or unreadable file, an unknown name, key or term, and an entry without positives.
    """
    import yaml

    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected the file of concepts.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not YAML ({' '.join(str(error).split())[:120]}): mend it.") from None
    if not isinstance(entries, Mapping) or not entries:
        raise UserError(f"{path} holds no concepts: expected entries like is_brass.")
    concepts = {str(name): _concept(path, str(name), entry) for name, entry in entries.items()}
    if names == "all":
        return concepts
    for name in names:
        if name not in concepts:
            raise UserError(
                f"The configuration names the concept {name!r}, which {path} does not define; {suggest(name, concepts)}."
            )
    return {name: concept for name, concept in concepts.items() if name in set(names)}


def _concept(path: str | Path, name: str, entry: Any) -> Concept:
    place = f"{path}, {name}"
    _keys(place, entry, ("group", "notes", "prompts"))
    notes, prompts = entry.get("notes"), entry.get("prompts")
    _keys(f"{place}, notes", notes, ("match", "positive", "near"))
    _keys(f"{place}, prompts", prompts, ("positive", "near"))
    concept = Concept(
        name,
        _one_of(f"{place}: group", entry.get("group"), GROUPS),
        _one_of(f"{place}: notes.match", notes.get("match"), ("any", "all")),
        _note_terms(f"{place}, notes.positive", notes.get("positive")),
        _note_terms(f"{place}, notes.near", notes.get("near") or {}),
        _terms(f"{place}, prompts.positive", prompts.get("positive"), ASPECTS),
        _terms(f"{place}, prompts.near", prompts.get("near") or [], ASPECTS),
    )
    if concept.positive == Terms() or not concept.positive_aspects:
        raise UserError(f"{place}: no positive terms; name what a note and a prompt must have.")
    return concept


def _keys(place: str, entry: Any, known: Sequence[str]) -> None:
    if not isinstance(entry, Mapping):
        raise UserError(f"{place}: expected the keys {', '.join(known)}, found {entry!r}.")
    for key in entry:
        if key not in known:
            raise UserError(f"{place}: unknown key {key!r}; {suggest(str(key), known)}.")


def _note_terms(place: str, entry: Any) -> Terms:
    _keys(place, entry, tuple(KINDS))
    return Terms(**{kind: _terms(f"{place}.{kind}", terms, KINDS[kind]) for kind, terms in entry.items()})


def _terms(place: str, terms: Any, vocabulary: Sequence[str]) -> tuple[str, ...]:
    if not isinstance(terms, list):
        raise UserError(f"{place}: expected a list of terms, found {terms!r}.")
    return tuple(_one_of(place, term, vocabulary) for term in terms)


def _one_of(place: str, term: Any, vocabulary: Sequence[str]) -> str:
    if term not in vocabulary:
        raise UserError(f"{place}: unknown term {term!r}; {suggest(str(term), vocabulary)}.")
    return str(term)


def prompt_label(aspects: Iterable[str], concept: Concept) -> int | None:
    """1 where a prompt with these aspects asks for the concept, 0 where it asks for nothing near it, else None."""
    present = set(aspects)
    if present & set(concept.positive_aspects):
        return 1
    return None if present & set(concept.near_aspects) else 0


class NoteLabels:
    """Labels of many concepts over one notes table; what the notes have is coded in bits once."""

    def __init__(self, notes: "pa.Table") -> None:
        """Code the columns family, source and qualities of ``notes``."""
        self._bits = {
            "families": _codes(notes["family"], FAMILIES),
            "sources": _codes(notes["source"], SOURCES),
            "qualities": _list_bits(notes["qualities"], QUALITIES),
        }

    def labels(self, concept: Concept) -> "np.ndarray":
        """int8 (notes,): 1 has the concept, 0 has neither it nor anything near it, -1 is near it."""
        import numpy as np

        positive = self._matches(concept.positive, concept.match)
        near = self._matches(concept.near, concept.match)
        return np.where(positive, 1, np.where(near, -1, 0)).astype(np.int8)

    def _matches(self, terms: Terms, match: str) -> "np.ndarray":
        import numpy as np

        found = []
        for kind, vocabulary in KINDS.items():
            wanted = sum(1 << vocabulary.index(term) for term in getattr(terms, kind))
            if wanted:
                found.append(self._bits[kind] & wanted != 0)
        if not found:
            return np.zeros(len(self._bits["families"]), bool)
        return np.logical_or.reduce(found) if match == "any" else np.logical_and.reduce(found)


def _codes(values: "pa.Array", vocabulary: Sequence[str]) -> "np.ndarray":
    """The bit of each value; a value outside the vocabulary has none."""
    import numpy as np
    import pyarrow as pa

    encoded = (
        values.combine_chunks().dictionary_encode()
        if isinstance(values, pa.ChunkedArray)
        else values.dictionary_encode()
    )
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    words = encoded.dictionary.to_pylist()
    bit = np.array([1 << vocabulary.index(word) if word in vocabulary else 0 for word in words], dtype=np.int32)
    return bit[encoded.indices.to_numpy(zero_copy_only=False)] if len(words) else np.zeros(len(values), np.int32)


def _list_bits(column: "pa.ChunkedArray", vocabulary: Sequence[str]) -> "np.ndarray":
    """The bits of each row's list, joined."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    parents = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    joined = np.zeros(len(column), np.int32)
    np.bitwise_or.at(joined, parents, _codes(pc.list_flatten(column), vocabulary))
    return joined
