"""Concept datasets: balanced notes with and without a concept, split so that no instrument is on both sides."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from musicologist.concepts.definitions import KINDS, Concept, Terms
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.statistics import folds
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

DATASET = parquet.schema(
    "dataset",
    [
        ("note_id", pa.string()),
        ("label", pa.int8()),  # 1 has the concept, 0 has neither it nor a near one
        ("instrument", pa.string()),
        ("split", pa.string()),  # train or test, disjoint in instruments
    ],
)


class NoteLabels:
    """Labels of many concepts over one notes table; what the notes have is coded in bits once."""

    def __init__(self, notes: pa.Table) -> None:
        """Code the columns family, source and qualities of ``notes``."""
        self._bits = {
            "families": _codes(notes["family"], FAMILIES),
            "sources": _codes(notes["source"], SOURCES),
            "qualities": _list_bits(notes["qualities"], QUALITIES),
        }

    def labels(self, concept: Concept) -> np.ndarray:
        """int8 (notes,): 1 has the concept, 0 has neither it nor anything near it, -1 is near it."""
        positive = self._matches(concept.positive, concept.match)
        near = self._matches(concept.near, concept.match)
        return np.where(positive, 1, np.where(near, -1, 0)).astype(np.int8)

    def _matches(self, terms: Terms, match: str) -> np.ndarray:

        found = []
        for kind, vocabulary in KINDS.items():
            wanted = sum(1 << vocabulary.index(term) for term in getattr(terms, kind))
            if wanted:
                found.append(self._bits[kind] & wanted != 0)
        if not found:
            return np.zeros(len(self._bits["families"]), bool)
        return np.logical_or.reduce(found) if match == "any" else np.logical_and.reduce(found)


def _codes(values: pa.Array, vocabulary: Sequence[str]) -> np.ndarray:
    """The bit of each value; a value outside the vocabulary has none."""
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


def _list_bits(column: pa.ChunkedArray, vocabulary: Sequence[str]) -> np.ndarray:
    """The bits of each row's list, joined."""
    import pyarrow.compute as pc

    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    parents = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    joined = np.zeros(len(column), np.int32)
    np.bitwise_or.at(joined, parents, _codes(pc.list_flatten(column), vocabulary))
    return joined


def build(notes: pa.Table, concept: Concept, limit: int, test_share: float, seed: int, place: str) -> pa.Table:
    """A table of the schema ``dataset``: as many positives as negatives, at most ``limit`` each, sorted by note_id.

    Held out are NSynth's own valid and test notes, whose instruments are not in train, where the table has some of both
    labels; else about ``test_share`` of the notes, whole instruments.

    Raises UserError, naming ``place``, where the concept has no positive or no negative notes, or too few instruments to
    hold one out.
    """
    labels = NoteLabels(notes).labels(concept)
    return draw(notes, labels, concept.name, limit, test_share, seed, int(concept.digest, 16) % 2**32, place)


def draw(
    notes: pa.Table, labels: np.ndarray, name: str, limit: int, test_share: float, seed: int, stream: int, place: str
) -> pa.Table:
    """A dataset of notes (columns note_id and instrument) with labels (notes,), 1, 0 or neither, as ``build`` draws it.

    ``seed`` and ``stream`` decide which notes are drawn where there are more than ``limit``.
    """
    rng = np.random.default_rng([seed, stream])
    sides = [np.flatnonzero(labels == label) for label in (1, 0)]
    for side, what in zip(sides, ("positive", "negative"), strict=True):
        if not len(side):
            raise UserError(
                f"The concept {name} has no {what} note in {place}: change its terms in config/concepts.yaml, or give "
                "notes that have them."
            )
    size = min(limit, *map(len, sides))
    chosen = np.sort(np.concatenate([rng.choice(side, size, replace=False) for side in sides]))
    rows = notes.select(["note_id", "instrument"]).take(chosen).append_column("label", [labels[chosen]])
    official = notes["split"].to_numpy()[chosen] if "split" in notes.column_names else np.full(len(chosen), "train")
    held_out = official != "train"
    if not (_both(labels[chosen][held_out]) and _both(labels[chosen][~held_out])):
        held_out = _held_out(rows["instrument"].to_numpy(), labels[chosen], test_share, seed, name, place)
    return rows.append_column("split", [np.where(held_out, "test", "train")]).sort_by("note_id")


def _both(labels: np.ndarray) -> bool:
    return len(set(labels)) == 2


def _held_out(
    instruments: np.ndarray, labels: np.ndarray, share: float, seed: int, name: str, place: str
) -> np.ndarray:
    """Which notes are held out: about ``share`` of them, whole instruments, both labels on both sides."""
    count = max(2, round(1 / share))
    fewest = min(len(set(instruments[labels == label])) for label in (0, 1))
    if fewest >= 2:
        for _, test in folds.grouped(labels, instruments, min(count, fewest), seed):
            held_out = np.zeros(len(labels), bool)
            held_out[test] = True
            if _both(labels[held_out]) and _both(labels[~held_out]):
                return held_out
    raise UserError(
        f"The concept {name} has notes of too few instruments in {place} to hold one out for testing: at least two with and "
        "two without the concept are needed; give more notes."
    )
