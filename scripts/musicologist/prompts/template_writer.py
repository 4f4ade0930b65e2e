"""The template writer: seeded sentences about music, balanced over the concepts, no two alike."""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from musicologist.core.errors import UserError
from musicologist.vocabulary.grammar import TEMPI, Voice, sentence
from musicologist.vocabulary.instruments import INSTRUMENTS
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, compatible

_ATTEMPTS = 500
_PARTNERS = (*FAMILIES, "drums")


def write(seed: int, first: int, count: int) -> list[str]:
    """The prompts ``first`` to ``first + count - 1`` of a seed.

    Prompt n depends on the seed and n alone: the sentences before it are made again, and one that was said is said otherwise.
    Families, qualities and sources are dealt from shuffled decks, so that any hundred prompts in a row have all concepts.

    Raises UserError where the grammar has no more sentences.
    """
    texts: list[str] = []
    said: set[str] = set()
    rng, decks = np.random.default_rng([seed, 0]), _Decks(seed)
    for number in range(first + count):
        text = _new_sentence(rng, decks, said)
        said.add(text)
        if number >= first:
            texts.append(text)
    return texts


def _new_sentence(rng: np.random.Generator, decks: "_Decks", said: set[str]) -> str:
    family = decks.draw("family")
    partner = decks.draw("partner") if rng.random() < 0.22 else None
    qualities: tuple[str, ...] = ()
    for _ in range(int(rng.choice([0, 1, 2], p=[0.25, 0.5, 0.25]))):
        quality = decks.draw("quality")
        if compatible((*qualities, quality)) and quality not in qualities:
            qualities = (*qualities, quality)
    source = decks.draw(f"source of {family}") if rng.random() < 0.7 else None
    for _ in range(_ATTEMPTS):
        voices = [_voice(rng, family, source)]
        if partner == "drums":
            voices.append(Voice("drums"))
        elif partner and partner != family:
            voices.append(_voice(rng, partner, None))
        kind = str(rng.choice(["note", "phrase", "chord"], p=[0.45, 0.4, 0.15])) if len(voices) == 1 else "mixture"
        bpm = int(rng.choice(TEMPI)) if "tempo-synced" in qualities and rng.random() < 0.5 else None
        text = sentence(rng, kind, voices, qualities, bpm)
        if text not in said:
            return text
    raise UserError(
        f"The template writer has no new sentence after {len(said)} prompts: lower prompts.count, or give prompts."
    )


def _voice(rng: np.random.Generator, family: str, source: str | None) -> Voice:
    nouns = sorted({i.noun for i in INSTRUMENTS if i.family == family and source in (None, i.source)})
    plain = family.replace("_", " ")
    return Voice(plain if rng.random() < 0.5 else str(rng.choice(nouns)), source)


class _Decks:
    """Shuffled decks of cards, each shuffled anew when it is used up."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 1])
        self._left: dict[str, list[str]] = {}

    def draw(self, deck: str) -> str:
        """The next card of a deck."""
        if not self._left.get(deck):
            self._left[deck] = [str(card) for card in self._rng.permutation(_cards(deck))]
        return self._left[deck].pop()


@cache
def _cards(deck: str) -> Sequence[str]:
    if deck == "family":
        return FAMILIES
    if deck == "partner":
        return _PARTNERS
    if deck == "quality":
        return QUALITIES
    return tuple(_sources(deck.removeprefix("source of ")))


def _sources(family: str) -> Iterator[str]:
    yield from sorted({instrument.source for instrument in INSTRUMENTS if instrument.family == family})
