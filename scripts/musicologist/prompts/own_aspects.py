"""Aspects that a user defines by words: which of them a prompt asks for, found as the lexicon annotator finds its own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from musicologist.vocabulary.phrases import find, is_affirmed, phrase

Words = Sequence[tuple[str, Sequence[str]]]
"""Aspects of a user's own, each with its words."""


def asked_for(text: str, tags: Iterable[str], own: Words) -> tuple[str, ...]:
    """The aspects of ``own`` that a prompt names, not negated, or that an annotator answered as a tag.

    Words and phrases count whole, in any case, singular or plural ("church bells" names church bell).
    """
    meanings = {phrase(word): aspect for aspect, words in own for word in (*words, aspect)}
    named = {meanings[found] for _, found in find(text, meanings, is_affirmed)}
    named |= {meanings[phrase(tag)] for tag in tags if phrase(tag) in meanings}
    return tuple(aspect for aspect, _ in own if aspect in named)


def by_prompt(
    annotations: Iterable[Mapping[str, Any]], texts: Mapping[int, str], own: Words
) -> dict[int, tuple[str, ...]]:
    """All aspects of each prompt by its id: those of its annotation, and of ``own`` those that its text or tags name."""
    return {
        row["prompt_id"]: (
            *row["aspects"],
            *(asked_for(texts.get(row["prompt_id"], ""), row["aspects_raw"] or (), own) if own else ()),
        )
        for row in annotations
    }
