"""Annotating prompts with the closed vocabulary: the lexicon annotator.

An annotator is a callable ``texts -> list[Annotation]``, one annotation per text, in order.
"""

import re
from collections.abc import Iterable

from musicologist.prompts.tables import Annotation
from musicologist.vocabulary import lexicon
from musicologist.vocabulary.lexicon import _MEANINGS, _PATTERN
from musicologist.vocabulary.terms import ASPECTS

NEGATORS = ("no", "not", "without", "never", "lacking", "nor", "excluding", "instead of", "free of")
"""What negates the terms after it, up to five words on, lists joined by "or" and commas included."""

_NEGATED = re.compile(rf"\b(?:{'|'.join(NEGATORS)})\b(?P<scope>[^.;:!?]*)$", re.IGNORECASE)
_BOUNDARY = re.compile(r"\b(?:but|with|only|just|featuring|yet|and then|then)\b", re.IGNORECASE)
_BPM = re.compile(r"\b(\d{2,3}(?:\.\d+)?)\s*-?(?:bpm\b|beats per minute\b)", re.IGNORECASE)


def annotate_by_lexicon(texts: Iterable[str]) -> list[Annotation]:
    """Annotate each text by the documented word lists of ``LEXICON``.

    A named tempo ("at 120 bpm") gives ``bpm`` and means tempo-synced. Terms in the scope of a negator do not count.
    ``raw`` holds the words found, in the order of the text.
    """
    return [_annotate(text) for text in texts]


def _annotate(text: str) -> Annotation:
    found: set[str] = set()
    words = []
    for match in _PATTERN.finditer(text):
        if not _is_negated(text[: match.start()]):
            words.append(match.group().lower())
            found.add(_MEANINGS[lexicon._singular(match.group())])
    tempo = _BPM.search(text)
    if tempo:
        words.append(tempo.group().lower())
        found.add("tempo-synced")
    aspects = tuple(aspect for aspect in ASPECTS if aspect in found)
    return Annotation(aspects, tuple(words), float(tempo.group(1)) if tempo else None)


def _is_negated(before: str) -> bool:
    """Whether the text before a term ends in the scope of a negator."""
    match = _NEGATED.search(before)
    if not match:
        return False
    scope = match.group("scope")
    return len(scope.split()) <= 5 and not _BOUNDARY.search(scope)


ANNOTATORS = {"lexicon": annotate_by_lexicon}
