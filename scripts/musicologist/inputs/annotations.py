"""Annotations that a user has: the original study's JSON records, with its tags mapped to the closed vocabulary."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicologist.core.errors import UserError
from musicologist.inputs import prompts
from musicologist.prompts.tables import Annotation
from musicologist.vocabulary import lexicon


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
    texts, annotations, unknown = [], [], Counter[str]()
    for place, record in prompts.read_json(path, _LIKE):
        tags = _tags(place, record)
        aspects, strange = lexicon.resolve(tags)
        unknown.update(strange)
        texts.append(record["prompt"].strip())
        annotations.append(Annotation(aspects, tags, _bpm(place, record.get("bpm"))))
    return Given(tuple(texts), tuple(annotations), unknown)


_FASTEST = 10_000  # beats per minute
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
        value = float(match.group()) if match else None
    if value is None or (
        isinstance(value, int | float) and not isinstance(value, bool) and not (value > _FASTEST or value < 0)
    ):
        return value if value is None else float(value)
    raise UserError(
        f"{place}: bpm is {json.dumps(value)[:40]}: expected a number up to {_FASTEST} and not below 0, or null."
    )
