"""Pairs of prompts that differ in one concept, of which a clip's prompt is exchanged on the way."""

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from musicologist.core.errors import UserError, place_of
from musicologist.core.files import write_text
from musicologist.vocabulary.grammar import ADJECTIVES, PHRASES, Voice, sentence
from musicologist.vocabulary.terms import FAMILIES

_KINDS = ("phrase", "chord", "note")
_FIRST_PARTNER = 4  # places on in the alphabet: the first that is near no family
_ARTICLES = {"a", "an"}


@dataclass(frozen=True)
class Pair:
    """Two prompts; ``first_concept`` is what the first asks for and the second does not, ``second_concept`` the other way.

    Either is empty where it is no concept of the run. Rows with the same ``pair`` are resampled together.
    """

    pair: str
    first: str
    second: str
    first_concept: str
    second_concept: str


@dataclass(frozen=True)
class Subjects:
    """What the grammar can say alone: by concept a family, or the qualities any of which is the concept.

    ``near`` are by family those that are too near to be its partner.
    """

    families: Mapping[str, str]
    qualities: Mapping[str, tuple[str, ...]]
    near: Mapping[str, Collection[str]]

    @property
    def in_a_round(self) -> int:
        """How many pairs ``write`` makes in a round."""
        return len(self.families) + 2 * len(self.qualities)


def write(subjects: Subjects, rounds: int, seed: int) -> list[Pair]:
    """Pairs by the grammar: sentences that are the same but for an instrument family, or for a quality that one lacks.

    In a round each family is the first prompt's once, with another partner each time, and each quality two times, on two
    instruments. The sentences' form changes from round to round.
    """
    concepts = {family: concept for concept, family in subjects.families.items()}
    found: list[Pair] = []
    for number in range(rounds):
        kind = _KINDS[number % len(_KINDS)]
        for concept, family in subjects.families.items():
            far = [other for other in _others(family) if other not in subjects.near.get(family, ())]
            partner = far[number % len(far)]
            first, second = (_said(seed, len(found), kind, [], other) for other in (family, partner))
            found.append(Pair(f"{len(found):04d}", first, second, concept, concepts.get(partner, "")))
        for index, (concept, qualities) in enumerate(subjects.qualities.items()):
            for half in range(2):
                place = 2 * number + half
                family = FAMILIES[(3 * index + 5 * place) % len(FAMILIES)]
                first, second = _with_and_without(
                    seed, len(found), _KINDS[place % len(_KINDS)], qualities[place % len(qualities)], family
                )
                found.append(Pair(f"{len(found):04d}", first, second, concept, ""))
    return found


def _others(family: str) -> list[str]:
    """The other families, in the order in which they become its partners."""
    place = FAMILIES.index(family)
    turned = [FAMILIES[(place + _FIRST_PARTNER + step) % len(FAMILIES)] for step in range(len(FAMILIES))]
    return [other for other in turned if other != family]


def _said(seed: int, number: int, kind: str, qualities: Sequence[str], family: str, attempt: int = 0) -> str:
    rng = np.random.default_rng([seed, number, attempt])
    return sentence(rng, kind, [Voice(family.replace("_", " "))], qualities, None)


def _with_and_without(seed: int, number: int, kind: str, quality: str, family: str) -> tuple[str, str]:
    """A sentence that names a quality, and the same without its words: tried until the grammar gives both one form."""
    words = {_words(said) for said in (*ADJECTIVES.get(quality, ()), *PHRASES.get(quality, ()))}
    attempt = 0
    while True:
        first = _said(seed, number, kind, [quality], family, attempt)
        for other in range(100):
            second = _said(seed, number, kind, [], family, other)
            if _added(first, second) in words:
                return first, second
        attempt += 1


def _words(text: str) -> tuple[str, ...]:
    """Its words but for articles, in lower case."""
    return tuple(word for word in text.lower().rstrip(".").split() if word not in _ARTICLES)


def _added(longer: str, shorter: str) -> tuple[str, ...]:
    """The words in one piece that the longer sentence has more; none where it differs in anything else."""
    more, less = _words(longer), _words(shorter)
    added = len(more) - len(less)
    for start in range(len(less) + 1):
        if added > 0 and more[:start] + more[start + added :] == less:
            return more[start : start + added]
    return ()


def read(path: str | Path) -> list[Pair]:
    """The pairs of a CSV file with the columns pair, first, second, first_concept and second_concept.

    Raises UserError for a file that is missing or no such table, a text that is empty or the same twice, a row that names no
    concept or one for both, and fewer than two pairs.
    """
    names = [field.name for field in fields(Pair)]
    try:
        rows = list(csv.DictReader(io.StringIO(Path(path).read_text(encoding="utf-8-sig"))))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a CSV file with the columns {', '.join(names)}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV file in UTF-8 ({error}): save it as one.") from None
    lacking = [name for name in names if name not in (rows[0] if rows else {})]
    if lacking:
        raise UserError(f"{path} has no column {lacking[0]}, or no row: expected the columns {', '.join(names)}.")
    pairs = []
    for number, row in enumerate(rows, start=2):
        pair = Pair(**{name: (row[name] or "").strip() for name in names})
        place = place_of(path, line=number)
        if not pair.first or not pair.second or pair.first == pair.second:
            raise UserError(f"{place}: expected two prompts that differ, found {pair.first!r} and {pair.second!r}.")
        if pair.first_concept == pair.second_concept:
            raise UserError(
                f"{place}: expected the concept that one prompt asks for and the other does not, found "
                f"{pair.first_concept!r} on both sides."
            )
        pairs.append(pair)
    if len({pair.pair for pair in pairs}) < 2:
        raise UserError(f"{path}: one pair says nothing about others: give two or more.")
    return pairs


def save(path: str | Path, pairs: Sequence[Pair]) -> None:
    """Write pairs as ``read`` reads them."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [field.name for field in fields(Pair)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(pair) for pair in pairs)
    write_text(path, buffer.getvalue())
