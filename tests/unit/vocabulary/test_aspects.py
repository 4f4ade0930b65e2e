"""The one table of aspects: every entry is whole, and every use of an aspect's words is served by it."""

from musicologist.vocabulary import grammar, text_queries
from musicologist.vocabulary.aspects import ASPECTS, column
from musicologist.vocabulary.lexicon import LEXICON
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

COLUMNS = {"note", "words", "tags", "gloss", "query", "adjectives", "phrases"}


def test_every_aspect_has_words_and_a_gloss_and_no_column_is_misspelt():
    import tomllib

    from musicologist.vocabulary import aspects

    entries = tomllib.loads(aspects.TABLE.read_text(encoding="utf-8"))
    assert tuple(column("words")) == tuple(column("gloss")) == ASPECTS
    assert {name for entry in entries.values() for name in entry} <= COLUMNS


def test_the_aspects_are_nsynths_terms_and_drums():
    notes = column("note")
    assert {notes.get(aspect, aspect) for aspect in ASPECTS} == {*FAMILIES, *SOURCES, *QUALITIES, "drum"}


def test_the_grammar_can_say_every_source_and_quality():
    assert set(grammar.ADJECTIVES) == {*SOURCES, *QUALITIES}
    assert set(grammar.PHRASES) <= set(QUALITIES)


def test_no_word_means_two_aspects():
    words = [word for found in LEXICON.values() for word in found]
    assert len(words) == len(set(words))


def test_every_aspect_has_text_queries():
    assert {aspect for aspect, _ in text_queries.queries()} == set(ASPECTS)
