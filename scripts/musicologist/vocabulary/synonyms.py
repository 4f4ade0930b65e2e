"""Which word of a small vocabulary stands for a word that it lacks, so that a prompt asks for what its labels count."""

from collections.abc import Collection

from musicologist.vocabulary.lexicon import LEXICON
from musicologist.vocabulary.sound_words import AMPLIFIED, INSTRUMENTS, SOUNDS, phrases
from musicologist.vocabulary.style_words import FORMS, GENRES, MOODS, PACES

CLOSED = {
    "with": "over, under, through, behind, between, into, onto, to, by, upon, across, along, against",
    "a": "two, three, four, some, several, many, few, lots, this, that, another, its, his, her, their",
}
"""Prepositions and determiners, which say nothing about sound, by the known one that is as good."""


def synonyms(known: Collection[str]) -> dict[str, str]:
    """Single words that a vocabulary lacks, by word, each with the known word for the first of the aspects that it means.

    Names of pieces and their parts, which mean no aspect, are recordings. Words of which none that means the same is known stay
    unknown.
    """
    names = {
        aspect: next((one for words in spellings for one in words.split() if one in known), None)
        for aspect, spellings in ((aspect, (aspect.replace("_", " "), *words)) for aspect, words in LEXICON.items())
    }
    found: dict[str, str] = {}
    for table in (INSTRUMENTS, AMPLIFIED, SOUNDS, MOODS, PACES, GENRES, FORMS):
        for aspects, text in table.items():
            named = [name for aspect in aspects if (name := names[aspect])]
            for word in phrases(text):
                if named:
                    found.setdefault(word, named[0])
                elif table is FORMS:
                    found.setdefault(word, "recording")
    for name, text in CLOSED.items():
        found |= dict.fromkeys(phrases(text), name)
    return {word: name for word, name in found.items() if word.isalpha() and word not in known and name in known}
