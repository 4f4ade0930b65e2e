"""The words that mean an aspect, and what the tags of annotators mean."""

import re
from collections.abc import Iterable

from musicologist.vocabulary.aspects import ASPECTS, column

LEXICON: dict[str, tuple[str, ...]] = column("words")
"""Words and phrases that mean an aspect. Found as whole words, any case, singular or plural, the longest phrase first
("bass clarinet" is a reed and no bass). In a prompt about a piece of music the tables of ``sound_words`` and ``style_words``
come first."""


def resolve(tags: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The aspects that tags mean, in the vocabulary's order, and the tags that the table of aspects does not know.

    The words of the lexicon are known as tags (electric is electronic, accordion an organ, piano a keyboard, dark a warm
    sound), and the tags that annotators are known to answer; case, hyphens and underscores do not count.
    """
    meanings = {tag: _meaning(tag) for tag in tags}
    found = set(meanings.values())
    return tuple(aspect for aspect in ASPECTS if aspect in found), tuple(t for t, m in meanings.items() if m is None)


def _meaning(tag: str) -> str | None:
    return tag if tag in ASPECTS else _TAG_MEANINGS.get(_plain(tag))


def _plain(tag: str) -> str:
    return re.sub(r"[\s_-]+", " ", tag).strip().lower()


_TAG_MEANINGS = (
    {_plain(word): aspect for aspect, words in LEXICON.items() for word in words}
    | {_plain(tag): aspect for aspect, tags in column("tags").items() for tag in tags}
    | {_plain(aspect): aspect for aspect in ASPECTS}
)
