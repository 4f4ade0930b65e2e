"""Finding given words and phrases in a text, whole, in any case, and not negated; what they mean stands elsewhere."""

import re
from collections.abc import Callable, Container, Mapping
from functools import cache
from itertools import groupby

NEGATORS = ("no", "not", "without", "never", "lacking", "neither", "nor", "excluding", "instead of", "free of")
"""What negates the terms after it, up to five words on, lists joined by "or" and commas included."""

_NEGATED = re.compile(rf"\b(?:{'|'.join(NEGATORS)})\b(?P<scope>[^.;:!?]*)$", re.IGNORECASE)
_BOUNDARY = re.compile(
    r"\b(?:but|with|only|just|featuring|yet|and then|then|while|designed|creating|evoking|conveying)\b", re.IGNORECASE
)

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


def is_affirmed(before: str) -> bool:
    """Whether the text before a term ends outside the scope of a negator."""
    match = _NEGATED.search(before)
    if not match:
        return True
    scope = match.group("scope")
    return len(scope.split()) > 5 or bool(_BOUNDARY.search(scope))
