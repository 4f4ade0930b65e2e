"""Finding words and phrases of a vocabulary in a text, and what the tags of annotators mean."""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from itertools import groupby

from musicologist.vocabulary.aspects import ASPECTS, column

LEXICON: dict[str, tuple[str, ...]] = column("words")
"""Words and phrases that mean an aspect. Found as whole words, any case, singular or plural, the longest phrase first
("bass clarinet" is a reed and no bass). In a prompt about a piece of music the tables of ``sound_words`` and ``style_words``
come first."""

COMPOUNDS = (
    "heavy|laden|drenched|driven|soaked|filled|rich|led|based|infused|inspired|influenced|tinged|oriented|focused|"
    "flavou?red|styled?"
)
"""What may be joined to a word by a hyphen ("reverb-heavy"); any other compound is another word ("drum-like" is no drum)."""


def find(
    text: str, meanings: Mapping[str, object], counts: Callable[[str], bool] = lambda before: True
) -> list[tuple[str, str]]:
    """The words of a text, as they stand there in lower case, each with its phrase in ``meanings``.

    ``counts`` is asked about the text before a word, and whether the word counts there.
    """
    matches = _pattern(frozenset(meanings)).finditer(text)
    counted = (match for match in matches if counts(text[: match.start()]))
    return [(match.group().lower(), _singular(match.group(), meanings)) for match in counted]


def phrase(words: str) -> str:
    """A phrase as the tables have it: lower case, single blanks in place of hyphens."""
    return " ".join(re.split(r"[\s-]+", words.lower()))


def _singular(words: str, meanings: Container[str]) -> str:
    found = phrase(words)
    if found in meanings:
        return found
    return found[:-2] if found.endswith("es") and found[:-2] in meanings else found[:-1]


@cache
def _pattern(phrases: frozenset[str]) -> re.Pattern[str]:
    """Finds the phrases as whole words, the longest first; alternatives are grouped by their first letter, for speed."""
    longest_first = sorted(phrases, key=lambda phrase: (phrase[0], -len(phrase), phrase))
    groups = []
    for letter, group in groupby(longest_first, key=lambda phrase: phrase[0]):
        rests = "|".join(re.escape(phrase[1:]).replace(r"\ ", r"[\s-]+") for phrase in group)
        groups.append(f"{re.escape(letter)}(?:{rests})")
    end = rf"(?:(?![\w-])|(?=-(?:{COMPOUNDS})\b))"
    return re.compile(rf"(?<![\w-])(?:{'|'.join(groups)})(?:es|s)?{end}", re.IGNORECASE)


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
