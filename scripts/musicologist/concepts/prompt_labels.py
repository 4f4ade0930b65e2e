"""On which side of a concept a prompt is: by this project's rule, or by the original study's with its faults."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicologist.concepts.definitions import Concept
from musicologist.core import documents
from musicologist.core.errors import UserError
from musicologist.vocabulary.kinds import by_kind


def prompt_label(aspects: Iterable[str], concept: Concept) -> int | None:
    """1 where a prompt with these aspects asks for the concept, 0 where it asks for nothing near it, else None."""
    present = set(aspects)
    if _asks(present, concept.positive_aspects, concept.prompt_match):
        return 1
    return None if _asks(present, concept.near_aspects, concept.prompt_match) else 0


def _asks(present: set[str], terms: Sequence[str], match: str) -> bool:
    """Whether any of the terms is there; where all must match, one of each kind of term that is listed (as with notes)."""
    if match == "any":
        return not present.isdisjoint(terms)
    return bool(terms) and all(not present.isdisjoint(mine) for mine in by_kind(terms).values())


RULES = ("corrected", "original")
POSITIVE, NEGATIVE = 1, 0


@dataclass(frozen=True)
class OriginalTerms:
    """The original's terms for one concept: substrings that make a prompt positive, and that keep it from the negatives."""

    positive: tuple[str, ...]
    near: tuple[str, ...]


def load_original(path: str | Path, names: Iterable[str]) -> dict[str, OriginalTerms]:
    """The original's terms for these concepts, out of a YAML file.

    Raises UserError for a missing or unreadable file, a concept that it does not hold and an entry without terms.
    """
    entries = documents.load_yaml(path, "the original study's terms") or {}
    if not isinstance(entries, dict):
        raise UserError(f"{path} holds no entries: expected the original study's terms by concept.")
    terms = {}
    for name in names:
        entry = entries.get(name)
        if entry is None:
            raise UserError(
                f"labels is original, but {path} has no entry {name}, which is no concept of the original study: add one, "
                "leave the concept out of `concepts`, or set labels to corrected."
            )
        if not isinstance(entry, dict) or not (_is_terms(entry.get("positive")) and _is_terms(entry.get("near"))):
            raise UserError(
                f"{path}, {name}: expected lists of terms under positive and near, found {str(entry)[:80]}."
            )
        if not all(
            isinstance(entry[side], list) and all(isinstance(t, str) for t in entry[side])
            for side in ("positive", "near")
        ):
            raise UserError(f"{path}, {name}: expected lists of terms under positive and near.")
        terms[name] = OriginalTerms(tuple(entry["positive"]), tuple(entry["near"]))
    return terms


def _is_terms(terms: object) -> bool:
    return isinstance(terms, list) and bool(terms) and all(isinstance(term, str) for term in terms)


def corrected_sides(aspects: Iterable[str], concept: Concept) -> tuple[int, ...]:
    """The side of a prompt with these aspects: (1,), (0,), or () where it only comes near; never both."""
    label = prompt_label(aspects, concept)
    return () if label is None else (label,)


def tags(row: Mapping[str, Any]) -> Sequence[str]:
    """The tags that an annotator answered; the lexicon answers the prompt's own words, so its tags are the aspects."""
    found: Sequence[str] = row["aspects"] if row["annotator"] == "lexicon" else row["aspects_raw"]
    return found


def original_sides(tags: Sequence[str], terms: OriginalTerms) -> tuple[int, ...]:
    """The sides of a prompt with these tags as the original counted them: (1,), (0,), (), or (1, 0) for both.

    Terms are sought as substrings, case counted, in the text form of the tag list (``"['bass', 'bright sound']"``): any of
    ``positive`` makes it positive, and none of ``near`` makes it negative, whether it is positive or not.
    """
    text = str(list(tags))
    positive = any(term in text for term in terms.positive)
    negative = not any(term in text for term in terms.near)
    return (POSITIVE,) * positive + (NEGATIVE,) * negative
