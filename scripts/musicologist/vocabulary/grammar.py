"""Sentences about music: one small grammar for the captions of training clips and for the template writer's prompts.

Sharing it is what makes every word of a prompt a word that the bundled models have seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from musicologist.vocabulary.aspects import column

_NOTE_TERMS = column("note")


def _by_note_term(entries: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The same by NSynth's terms in place of the aspects."""
    return {_NOTE_TERMS.get(aspect, aspect): words for aspect, words in entries.items()}


ADJECTIVES = _by_note_term(column("adjectives"))
"""Words before a noun, by source or quality."""

PHRASES = _by_note_term(column("phrases"))
"""Words behind it, by quality."""

TEMPI = tuple(range(70, 180, 10))  # beats per minute

_SOLO = {
    "note": ("{np} note", "a single note of {np}", "a recording of {np} note", "one note played on {np}"),
    "chord": ("{np} playing chords", "{np} chords", "slow chords played on {np}", "a recording of {np} chords"),
    "phrase": ("{np} melody", "{np} playing a melody", "a solo played on {np}", "a recording of {np} melody"),
}
_TOGETHER = (
    "{first} and {rest}",
    "{first} with {rest}",
    "a recording of {first} with {rest}",
    "{first} together with {rest}",
)
_PLURAL = {"chords"}


@dataclass(frozen=True)
class Voice:
    """An instrument as a sentence names it: a noun, and the source where it is said."""

    noun: str
    source: str | None = None


def sentence(
    rng: np.random.Generator,
    kind: str,
    voices: Sequence[Voice],
    qualities: Sequence[str],
    bpm: int | None,
) -> str:
    """One sentence about music: ``kind`` is note, chord, phrase or mixture, ``qualities`` are NSynth's.

    A tempo is named by its number, and then stands for the quality tempo-synced.
    """
    before, behind = [], []
    for quality in qualities:
        if quality == "tempo-synced" and bpm:
            continue
        phrases = PHRASES.get(quality)
        if phrases and rng.random() < 0.5:
            behind.append(str(rng.choice(phrases)))
        else:
            before.append(str(rng.choice(ADJECTIVES[quality])))
    if bpm:
        behind.append(f"at {bpm} bpm")
    nouns = [_noun_phrase(rng, voice, before if index == 0 else []) for index, voice in enumerate(voices)]
    if len(nouns) == 1:
        text = str(rng.choice(_SOLO[kind])).format(np=nouns[0])
    else:
        first, *others = [_article(noun) for noun in nouns]
        text = str(rng.choice(_TOGETHER)).format(first=first, rest=" and ".join(others))
    text = _with_articles(" ".join([text, *behind]))
    return text[0].upper() + text[1:] + "."


def _noun_phrase(rng: np.random.Generator, voice: Voice, adjectives: Sequence[str]) -> str:
    words = list(adjectives)
    if voice.source:
        words.append(str(rng.choice(ADJECTIVES[voice.source])))
    return " ".join([*words, voice.noun])


def _article(noun: str) -> str:
    return noun if noun == "drums" else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _with_articles(text: str) -> str:
    """Put an article where the grammar left one out: at the start and before an object, unless the noun is plural."""
    starters = ("a ", "an ", "slow ", "one ", "drums")
    for opening in (
        "a recording of ",
        "a single note of ",
        "one note played on ",
        "slow chords played on ",
        "a solo played on ",
    ):
        if text.startswith(opening):
            rest = text[len(opening) :]
            plural = opening == "a recording of " and any(word in _PLURAL for word in rest.split())
            return opening + (rest if plural or rest.startswith(starters) else _article(rest))
    first = text.split(" with ")[0].split(" at ")[0].split()
    plural = first[-1] in _PLURAL and "playing" not in first
    return text if plural or text.startswith(starters) else _article(text)
