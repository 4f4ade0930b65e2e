"""What an aspect says of a sound: the family of its instrument (drums are one here), its source, or a quality."""

from collections.abc import Iterable

from musicologist.vocabulary.aspects import ASPECTS, column
from musicologist.vocabulary.terms import QUALITIES, SOURCES


def _kind(note: str) -> str:
    return "quality" if note in QUALITIES else "source" if note in SOURCES else "family"


KINDS: dict[str, str] = {aspect: _kind(column("note").get(aspect, aspect)) for aspect in ASPECTS}


def by_kind(aspects: Iterable[str]) -> dict[str, list[str]]:
    """The aspects by what they say, in their order; an aspect of the user's own is a kind by itself."""
    kinds: dict[str, list[str]] = {}
    for aspect in aspects:
        kinds.setdefault(KINDS.get(aspect, aspect), []).append(aspect)
    return kinds
