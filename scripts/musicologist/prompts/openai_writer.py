"""Writing prompts with a language model: batches that do not change when more are asked for, and no prompt twice.

What is asked for depends on the seed, the batch and the request's number alone, and of the answers those prompts are kept, in
order, that neither this batch nor an earlier one has. So a batch follows from the answers on file and the earlier batches;
later batches, and how many there are, do not touch it.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence

import numpy as np

from musicologist.prompts.openai_client import Request, content, plain
from musicologist.vocabulary.aspects import ASPECTS

PER_REQUEST = 50
"""Prompts asked for in one request, at most."""

FRUITLESS = 3
"""After so many rounds of requests without a new prompt the model is taken to have no more."""

CHARACTERS = 110
"""About how long a prompt is."""

SYSTEM = """You write prompts for a text-to-music model that makes short clips of instrumental and vocal music. A prompt is \
one English sentence of 8 to 25 words that says what is heard: instruments, timbre, articulation, effects, and a tempo in bpm \
where one matters. No titles, no artists, no lyrics, no numbering. Vary instruments, their number, moods and wording."""

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["prompts"],
    "properties": {"prompts": {"type": "array", "items": {"type": "string"}}},
}


def template(temperature: float | None, structured: bool = True) -> str:
    """16 hexadecimal digits over all that is asked but for the user message and the model."""
    parts = [SYSTEM, SCHEMA, temperature, *([] if structured else ["in words"])]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def request(seed: int, batch: int, number: int, size: int) -> Request:
    """Request ``number`` (from 0) of a batch for ``size`` prompts, eight aspects put forward so that all get their turn."""
    rng = np.random.default_rng([seed, batch, number])
    forward = ", ".join(str(aspect).replace("_", " ") for aspect in rng.permutation(ASPECTS)[:8])
    user = (
        f"Write {size} prompts, no two alike (set {batch + 1}, part {number + 1}). Each of these must be asked for by several "
        f"of them, in words of your own: {forward}."
    )
    return Request(SYSTEM, user, SCHEMA)


def read(body: str) -> list[str]:
    """The prompts of a response, white space tidied, empty ones left out; none where the response is malformed."""
    answer = content(body)
    found = answer.get("prompts") if isinstance(answer, dict) else None
    tidy = [" ".join(text.split()) for text in found if isinstance(text, str)] if isinstance(found, list) else []
    return [text for text in tidy if plain(text)]


def new(texts: Iterable[str], earlier: Sequence[str]) -> list[str]:
    """The texts that differ from all earlier ones and from each other in more than case and punctuation."""
    said = {plain(text) for text in earlier}
    kept = []
    for text in texts:
        if plain(text) not in said:
            said.add(plain(text))
            kept.append(text)
    return kept
