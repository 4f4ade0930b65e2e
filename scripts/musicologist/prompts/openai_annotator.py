"""Annotating prompts with a language model: what it is asked, what its answers mean, and what must be asked again.

Answers are records ``{template, model, pass, texts, answer}``: the prompts of one request and the raw body of the response.
Everything below is read off such records, so annotations are made again without a call.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musicologist.prompts.openai_client import Request, answering_model, content, plain
from musicologist.prompts.tables import Annotation
from musicologist.vocabulary.aspects import ASPECTS, column
from musicologist.vocabulary.lexicon import resolve

TRIES = 3
"""How often a prompt is asked about before its answer is taken with tags that the vocabulary lacks, or is called missing."""

SYSTEM = """You annotate prompts for a text-to-music model. For each prompt name every aspect that the prompt asks for, \
explicitly or by an instrument, genre or word that clearly implies it, and nothing that it excludes. The aspects:
{glossary}
Give the tempo in beats per minute where the prompt names one, else null. Answer once for each prompt, in the given order, \
and repeat its number and its text unchanged."""

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["annotations"],
    "properties": {
        "annotations": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["number", "prompt", "aspects", "bpm"],
                "properties": {
                    "number": {"type": "integer"},
                    "prompt": {"type": "string"},
                    "aspects": {"type": "array", "items": {"type": "string", "enum": list(ASPECTS)}},
                    "bpm": {"type": ["number", "null"]},
                },
            },
        }
    },
}

_FASTEST = 10_000  # beats per minute

ANSWER_CHARACTERS = 120
"""About how long an answer to one prompt is, its text not counted."""


def template(temperature: float | None, structured: bool = True) -> str:
    """16 hexadecimal digits over all that is asked but for the prompts and the model."""
    parts = json.dumps([_system(), SCHEMA, temperature, *([] if structured else ["in words"])], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def request(texts: Sequence[str]) -> Request:
    """One request about a few prompts."""
    numbered = [{"number": number, "prompt": text} for number, text in enumerate(texts, 1)]
    return Request(_system(), json.dumps(numbered, ensure_ascii=False, indent=1), SCHEMA)


def _system() -> str:
    return SYSTEM.format(glossary="\n".join(f"- {aspect}: {meaning}" for aspect, meaning in column("gloss").items()))


@dataclass
class State:
    """What is known of one prompt in one pass: a clean annotation, or the last of ``tries`` with strange tags."""

    clean: Annotation | None = None
    strange: Annotation | None = None
    tries: int = 0

    @property
    def annotation(self) -> Annotation | None:
        """The annotation to use, None where the prompt must be asked about (again)."""
        return self.clean or (self.strange if self.tries >= TRIES else None)


def states(records: Iterable[Mapping[str, Any]]) -> dict[tuple[int, str], State]:
    """By pass and prompt text, what the answers say. The first clean answer counts."""
    found: dict[tuple[int, str], State] = {}
    for record in records:
        for text, (annotation, strange) in read(record["answer"], record["texts"]).items():
            state = found.setdefault((record["pass"], text), State())
            if not strange:
                state.clean = state.clean or annotation
            else:
                state.strange, state.tries = annotation, state.tries + 1
    return found


def read(body: str, texts: Sequence[str]) -> dict[str, tuple[Annotation, tuple[str, ...]]]:
    """By prompt text, the annotation that a response gives and its tags outside the vocabulary.

    An item counts only where its number and its text name the same prompt and no other item names that prompt: what is
    missing, doubled, swapped, misspelt or malformed is not in the result. The order of the items does not matter.
    """
    answer = content(body)
    items = answer.get("annotations") if isinstance(answer, dict) else None
    by_text: dict[str, list[Mapping[str, Any]]] = {}
    for item in items if isinstance(items, list) else []:
        text = _named(item, texts)
        if text is not None:
            by_text.setdefault(text, []).append(item)
    return {text: _annotation(found[0]) for text, found in by_text.items() if len(found) == 1 and _is_whole(found[0])}


def _named(item: Any, texts: Sequence[str]) -> str | None:
    """The prompt that an item is about. Models change quotes and dashes when they repeat a text: those do not count."""
    number = item.get("number") if isinstance(item, dict) else None
    if type(number) is not int or not 1 <= number <= len(texts):
        return None
    text = texts[number - 1]
    return text if plain(str(item.get("prompt"))) == plain(text) else None


def _is_whole(item: Mapping[str, Any]) -> bool:
    tags, bpm = item.get("aspects"), item.get("bpm")
    is_tempo = bpm is None or (isinstance(bpm, int | float) and not isinstance(bpm, bool) and 0 <= bpm <= _FASTEST)
    return isinstance(tags, list) and all(isinstance(tag, str) for tag in tags) and is_tempo


def _annotation(item: Mapping[str, Any]) -> tuple[Annotation, tuple[str, ...]]:
    tags = tuple(item["aspects"])
    aspects, _ = resolve(tags)
    bpm = None if item.get("bpm") is None else float(item["bpm"])
    return Annotation(aspects, tags, bpm), tuple(tag for tag in tags if tag not in ASPECTS)


def open_batches(
    records: Iterable[Mapping[str, Any]], texts: Iterable[str], passes: int, size: int
) -> list[tuple[int, tuple[str, ...]]]:
    """What must still be asked: (pass, prompts) with at most ``size`` distinct prompts each."""
    known = states(records)
    distinct = tuple(dict.fromkeys(texts))
    batches = []
    for number in range(1, passes + 1):
        missing = [text for text in distinct if known.get((number, text), State()).annotation is None]
        batches += [(number, tuple(missing[start : start + size])) for start in range(0, len(missing), size)]
    return batches


def matching(records: Iterable[Mapping[str, Any]], template: str, model: str) -> list[Mapping[str, Any]]:
    """The records that this template and model made."""
    return [record for record in records if record["template"] == template and record["model"] == model]


def made_by(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the metadata of annotations say of their making: model asked for, models that answered, template."""
    answered = {model for record in records if (model := answering_model(record["answer"]))}
    return {
        "model": ", ".join(sorted({record["model"] for record in records})),
        "model_version": ", ".join(sorted(answered)),
        "template": ", ".join(sorted({record["template"] for record in records})),
    }
