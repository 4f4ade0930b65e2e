"""Annotations that a user has: the original study's JSON records, with its tags mapped to the closed vocabulary."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicologist import jsonrecords
from musicologist.annotations import LEXICON, Annotation
from musicologist.errors import UserError
from musicologist.vocabulary import ASPECTS

TAGS: dict[str, str] = {
    "dark sound": "warm sound",
    "drums": "drum",
    "strings": "string",
    "vocals": "vocal",
    "slow decay": "long_release",
    "long decay": "long_release",
    "sustain": "long_release",
    "tempo sync": "tempo-synced",
}
"""Tags outside the vocabulary that annotators are known to answer, and the aspect each means. The words of
``annotations.LEXICON`` are known as well (electric is electronic, accordion an organ, piano a keyboard, dark a warm sound);
case, hyphens and underscores do not count."""


@dataclass(frozen=True)
class Given:
    """Annotations as read: one a record, in the file's order, and the tags that no table knows with their counts.

    ``annotations[i].raw`` holds the tags of prompt ``texts[i]`` as they stand in the file, unknown ones included;
    ``annotations[i].aspects`` only what the vocabulary or the documented tables say.
    """

    texts: tuple[str, ...]
    annotations: tuple[Annotation, ...]
    unknown: Counter[str]


def read_original(path: str | Path) -> Given:
    """Read ``{"prompt": "…", "aspects": ["…"], "bpm": 120 or null}`` records.

    The file is a JSON list of them, or lists and records one after another, each on as many lines as it likes.

    Raises UserError for a missing or empty file, for what is not JSON, and for a record without a text or a list of tags.
    """
    texts, annotations, unknown = [], [], Counter()
    for place, record in jsonrecords.read(path, _LIKE):
        tags = _tags(place, record)
        aspects, strange = resolve(tags)
        unknown.update(strange)
        texts.append(record["prompt"].strip())
        annotations.append(Annotation(aspects, tags, _bpm(place, record.get("bpm"))))
    return Given(tuple(texts), tuple(annotations), unknown)


def resolve(tags: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The aspects that tags mean, in the vocabulary's order, and the tags that neither vocabulary nor tables know."""
    meanings = {tag: _meaning(tag) for tag in tags}
    found = set(meanings.values())
    return tuple(aspect for aspect in ASPECTS if aspect in found), tuple(t for t, m in meanings.items() if m is None)


def _meaning(tag: str) -> str | None:
    return tag if tag in ASPECTS else _MEANINGS.get(_plain(tag))


def _plain(tag: str) -> str:
    return re.sub(r"[\s_-]+", " ", tag).strip().lower()


_MEANINGS = (
    {_plain(word): aspect for aspect, words in LEXICON.items() for word in words}
    | {_plain(tag): aspect for tag, aspect in TAGS.items()}
    | {_plain(aspect): aspect for aspect in ASPECTS}
)


_LIKE = '{"prompt": "…", "aspects": ["…"], "bpm": null}'


def _tags(place: str, record: Any) -> tuple[str, ...]:
    expected = f"expected {_LIKE}"
    if not isinstance(record, dict) or not isinstance(record.get("prompt"), str) or not record["prompt"].strip():
        raise UserError(f"{place}: no prompt: {expected}, found {json.dumps(record)[:60]}.")
    tags = record.get("aspects")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise UserError(f"{place}: aspects is no list of tags: {expected}, found {json.dumps(tags)[:60]}.")
    return tuple(tags)


def _bpm(place: str, value: Any) -> float | None:
    """A tempo: a number, or a text that holds one ("120 bpm"); a text without one ("unknown") is no tempo."""
    if isinstance(value, str):
        match = re.search(r"\d+(?:\.\d+)?", value)
        return float(match.group()) if match else None
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value if value is None else float(value)
    raise UserError(f"{place}: bpm is {json.dumps(value)[:40]}: expected a number or null.")
