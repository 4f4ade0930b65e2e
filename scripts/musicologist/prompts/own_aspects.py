"""Aspects that a user defines by words: which of them a prompt asks for, found as the lexicon annotator finds its own."""

from collections.abc import Iterable, Mapping, Sequence

from musicologist.prompts import lexicon_annotator
from musicologist.vocabulary import lexicon


def asked_for(text: str, tags: Iterable[str], words: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The aspects of ``words`` (by aspect) that a prompt names, not negated, or that an annotator answered as a tag.

    Words and phrases count whole, in any case, singular or plural ("church bells" names church bell).
    """
    phrases = {lexicon.phrase(word): aspect for aspect, some in words.items() for word in (*some, aspect)}
    named = {phrases[phrase] for _, phrase in lexicon.find(text, phrases, lexicon_annotator._is_affirmed)}
    named |= {phrases[lexicon.phrase(tag)] for tag in tags if lexicon.phrase(tag) in phrases}
    return tuple(aspect for aspect in words if aspect in named)
