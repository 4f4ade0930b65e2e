"""What a prompt about a piece of music asks for, by the words found in it: the rules of the lexicon annotator.

Words are votes. The name of an instrument, a sound or a genre is a statement and counts 2; a mood, a word of pace and a named
tempo are hints and count 1. An aspect is asked for where it has a vote, with these rules on top:

* long_release and reverb take two votes: one mood alone does not tell;
* sombre words and a slow tempo are votes against a bright sound, sombre words in an electronic piece against a warm one;
* of bright and warm the one with more votes stays, and both where they are equal;
* a piece is electronic where anything is; then it is acoustic only where that is said. Otherwise it is what its instruments
  are; with amplified instruments alone it is electronic, and acoustic by default;
* an electronic piece is synthetic where words of sound design stand, and its drums are tempo-synced from a dance tempo on.

A named tempo as such is no aspect.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from musicologist.vocabulary.sound_words import AMPLIFIED, INSTRUMENTS, SOUNDS, Words, phrases
from musicologist.vocabulary.style_words import (
    ADAGIO,
    ALLEGRO,
    ANDANTE,
    DANCE,
    FORMS,
    GENRES,
    LARGO,
    MOODS,
    PACES,
    PLAIN,
    PRESTO,
    SOMBRE,
    SOUND_DESIGN,
)
from musicologist.vocabulary.terms import FAMILIES

STATEMENT, HINT = 2, 1
NEEDS_TWO_VOTES = ("long_release", "reverb")

_PLAYERS = {*FAMILIES, "drum"}


def _listed(*tables: Words) -> dict[str, tuple[str, ...]]:
    return {phrase: aspects for table in tables for aspects, text in table.items() for phrase in phrases(text)}


_SOMBRE, _SOUND_DESIGN = frozenset(phrases(SOMBRE)), frozenset(phrases(SOUND_DESIGN))
_SAID_ACOUSTIC = frozenset(phrases(SOUNDS[("acoustic",)]))
_AMPLIFIED = frozenset(_listed(AMPLIFIED))
_HINTS = frozenset(_listed(MOODS, PACES))

_ENSEMBLES = (phrase for phrase in _listed(INSTRUMENTS, AMPLIFIED) if phrase.split()[-1] in _listed(FORMS))

PIECES: frozenset[str] = frozenset((*_listed(GENRES, FORMS, MOODS), *phrases(PLAIN), *_ENSEMBLES))
"""Phrases that make a prompt one about a piece of music; "string quartet" is one, "blues harp" is not."""

MEANINGS: dict[str, tuple[str, ...]] = dict.fromkeys(
    (*phrases(PLAIN), *phrases(SOMBRE), *phrases(SOUND_DESIGN)), ()
) | _listed(INSTRUMENTS, AMPLIFIED, SOUNDS, GENRES, FORMS, MOODS, PACES)
"""What each phrase means in a prompt about a piece of music."""

NAMES: dict[str, tuple[str, ...]] = {
    phrase: tuple(aspect for aspect in aspects if aspect in _PLAYERS)
    for phrase, aspects in _listed(INSTRUMENTS).items()
    if "acoustic" in aspects or not aspects
}
"""What the acoustic instruments among them are, and no more: for prompts that name sounds and no piece."""


def of_piece(found: Sequence[tuple[str, tuple[str, ...]]], bpm: float | None) -> set[str]:
    """The aspects that a prompt asks for in which these phrases, each with what it means, and this tempo were found."""
    words = frozenset(phrase for phrase, _ in found)
    votes = Counter[str]()
    for phrase, aspects in found:
        votes.update(dict.fromkeys(aspects, HINT if phrase in _HINTS else STATEMENT))
    votes.update(_of_tempo(bpm))
    sombre = sum(phrase in _SOMBRE for phrase, _ in found)
    votes["bright sound"] -= sombre
    if votes["electronic"]:
        votes["warm sound"] -= sombre
    asked = {aspect for aspect, count in votes.items() if count >= (2 if aspect in NEEDS_TWO_VOTES else 1)}
    if votes["bright sound"] != votes["warm sound"]:
        asked.discard(min("bright sound", "warm sound", key=lambda aspect: votes[aspect]))
    return _with_source(asked, words, bpm) if asked else asked


def _of_tempo(bpm: float | None) -> dict[str, int]:
    if bpm is None:
        return {}
    return {
        "long_release": HINT * (bpm <= LARGO),
        "warm sound": HINT * (bpm <= ADAGIO),
        "bright sound": HINT * (bpm >= ALLEGRO) - HINT * (bpm < ANDANTE),
        "fast_decay": HINT * (bpm >= PRESTO),
    }


def _with_source(asked: set[str], words: Iterable[str], bpm: float | None) -> set[str]:
    """The aspects with the piece's source, and with what an electronic piece has besides."""
    words = frozenset(words)
    if "electronic" not in asked:
        return asked if "acoustic" in asked else asked | {"electronic" if words & _AMPLIFIED else "acoustic"}
    asked = asked if words & _SAID_ACOUSTIC else asked - {"acoustic"}
    if words & _SOUND_DESIGN:
        asked = asked | {"synthetic"}
    return asked | {"tempo-synced"} if "drum" in asked and bpm and bpm >= DANCE else asked
