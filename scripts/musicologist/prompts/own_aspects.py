"""Aspects that a user defines by words: which of them a prompt asks for, found as the lexicon annotator finds its own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from musicologist.prompts import lexicon_annotator
from musicologist.vocabulary import lexicon

Words = Sequence[tuple[str, Sequence[str]]]
"""Aspects of a user's own, each with its words."""


def asked_for(text: str, tags: Iterable[str], own: Words) -> tuple[str, ...]:
    """The aspects of ``own`` that a prompt names, not negated, or that an annotator answered as a tag.

    Words and phrases count whole, in any case, singular or plural ("church bells" names church bell).
    """
    phrases = {lexicon.phrase(word): aspect for aspect, words in own for word in (*words, aspect)}
    named = {phrases[phrase] for _, phrase in lexicon.find(text, phrases, lexicon_annotator._is_affirmed)}
    named |= {phrases[lexicon.phrase(tag)] for tag in tags if lexicon.phrase(tag) in phrases}
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
