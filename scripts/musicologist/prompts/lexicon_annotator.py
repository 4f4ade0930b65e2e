"""Annotating prompts with the closed vocabulary: the lexicon annotator.

An annotator is a callable ``texts -> list[Annotation]``, one annotation per text, in order.
"""

import re
from collections.abc import Iterable

from musicologist.prompts import lexicon_rules
from musicologist.prompts.tables import Annotation
from musicologist.vocabulary import phrases
from musicologist.vocabulary.aspects import ASPECTS
from musicologist.vocabulary.lexicon import LEXICON

_BPM = re.compile(r"\b(\d{2,3}(?:\.\d+)?)\s*-?(?:bpm\b|beats per minute\b)", re.IGNORECASE)

_NAMED = {phrases.phrase(one): (aspect,) for aspect, words in LEXICON.items() for one in words}
_IN_SOUNDS = lexicon_rules.NAMES | _NAMED
_IN_PIECES = _NAMED | lexicon_rules.MEANINGS


def annotate_by_lexicon(texts: Iterable[str]) -> list[Annotation]:
    """Annotate each text by documented word lists; what is in the scope of a negator does not count.

    A prompt that names sounds alone ("a bright organ note at 120 bpm") means its words of the table of aspects and acoustic
    instruments as they stand, and its tempo means tempo-synced. One that speaks of a piece of music (a form, a genre, a mood)
    is read with all that its words imply (``vocabulary.sound_words``, ``style_words``), by the rules of ``lexicon_rules``.

    ``raw`` holds the words found, in the order of the text, and the tempo behind them.
    """
    return [_annotate(text) for text in texts]


def _annotate(text: str) -> Annotation:
    tempo = _BPM.search(text)
    bpm = float(tempo.group(1)) if tempo else None
    words = phrases.find(text, _IN_PIECES, phrases.is_affirmed)
    if any(phrase in lexicon_rules.PIECES for _, phrase in words):
        asked = lexicon_rules.of_piece([(phrase, _IN_PIECES[phrase]) for _, phrase in words], bpm)
    else:
        words = phrases.find(text, _IN_SOUNDS, phrases.is_affirmed)
        asked = {aspect for _, phrase in words for aspect in _IN_SOUNDS[phrase]}
        asked |= {"tempo-synced"} if tempo else set()
    raw = [word for word, _ in words] + ([tempo.group().lower()] if tempo else [])
    return Annotation(tuple(aspect for aspect in ASPECTS if aspect in asked), tuple(raw), bpm)


ANNOTATORS = {"lexicon": annotate_by_lexicon}
