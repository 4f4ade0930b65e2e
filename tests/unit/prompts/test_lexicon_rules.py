"""The lexicon annotator on prompts about pieces of music, and its tables."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from musicologist.prompts import lexicon_rules, template_writer
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon
from musicologist.vocabulary import sound_words, style_words
from musicologist.vocabulary.aspects import ASPECTS
from musicologist.vocabulary.lexicon import LEXICON
from musicologist.vocabulary.sound_words import phrases

TABLES = (
    sound_words.INSTRUMENTS,
    sound_words.AMPLIFIED,
    sound_words.SOUNDS,
    style_words.GENRES,
    style_words.FORMS,
    style_words.MOODS,
    style_words.PACES,
)


def aspects(text):
    return set(annotate_by_lexicon([text])[0].aspects)


def test_the_tables_lead_into_the_vocabulary_and_no_phrase_stands_twice():
    assert {aspect for table in TABLES for means in table for aspect in means} <= set(ASPECTS)
    listed = [phrase for table in TABLES for text in table.values() for phrase in phrases(text)]
    assert [phrase for phrase, uses in Counter(listed).items() if uses > 1] == []
    assert all(phrase == phrase.strip().lower() and "-" not in phrase and phrase for phrase in listed)


def test_the_demos_sentences_are_annotated_as_they_always_were():
    with (Path(__file__).parents[3] / "tests/support/demo_annotations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 300
    for row, annotation in zip(rows, annotate_by_lexicon(row["text"] for row in rows), strict=True):
        assert ";".join(annotation.aspects) == row["aspects"], row["text"]
        assert ";".join(annotation.raw) == row["words"], row["text"]
        assert annotation.bpm == (float(row["bpm"]) if row["bpm"] else None), row["text"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_template_writers_sentences_mean_their_words_and_imply_nothing(seed):
    meanings = {phrase: aspect for aspect, words in LEXICON.items() for phrase in words}
    for annotation in annotate_by_lexicon(template_writer.write(seed, 0, 500)):
        words = [word for word in annotation.raw if not word.endswith("bpm")]
        said = {meanings.get(word) or meanings[word.removesuffix("s")] for word in words}
        assert set(annotation.aspects) == said | ({"tempo-synced"} if annotation.bpm else set())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A tune for concertina", {"reed", "acoustic"}),
        ("A blues harp", {"reed"}),
        ("A flamenco guitar", {"guitar"}),
        ("A string quartet", {"string", "acoustic"}),
        ("A jaw harp tune", set()),
        ("A song with thundering double bass drums", {"drum", "percussive", "acoustic"}),
        ("A piece for bass clarinet and bass flute", {"reed", "flute", "acoustic"}),
        ("Morris dance tune on tin whistle and bodhrán", {"flute", "drum", "percussive", "acoustic"}),
        ("A track of congas and shakers", {"drum", "percussive", "acoustic"}),
        ("A kora and a theorbo", {"string"}),
        ("A song in a minor key for viola", {"string", "acoustic"}),
        ("An alto sax theme", {"reed", "acoustic"}),
        ("A suite for carillon", {"mallet", "acoustic"}),
    ],
)
def test_instruments_have_a_family_and_imply_their_source_in_a_piece(text, expected):
    assert aspects(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A synth tune", {"synth_lead", "electronic"}),
        ("A song with a wavetable synthesizer", {"synth_lead", "electronic", "synthetic"}),
        ("A synth and a piano in one song", {"synth_lead", "keyboard", "electronic"}),
        ("A synth and an acoustic guitar in one song", {"synth_lead", "guitar", "electronic", "acoustic"}),
        ("An electric guitar song", {"guitar", "electronic"}),
        ("An electric guitar and a cello in one song", {"guitar", "string", "acoustic"}),
        ("A techno theme with flutes", {"flute", "electronic", "tempo-synced"}),
        ("An abstract techno theme", {"electronic", "synthetic", "tempo-synced"}),
        ("An abstract fugue for oboe", {"reed", "acoustic"}),
        ("A synth", {"synthetic"}),
    ],
)
def test_a_piece_has_one_source_unless_both_are_said(text, expected):
    assert aspects(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A trumpet tune at 104 bpm", {"brass", "acoustic"}),
        ("A trumpet tune at 52 bpm", {"brass", "acoustic", "warm sound"}),
        ("A pensive trumpet tune at 52 bpm", {"brass", "acoustic", "warm sound", "long_release"}),
        ("A trumpet tune at 132 bpm", {"brass", "acoustic", "bright sound"}),
        ("A trumpet tune at 190 bpm", {"brass", "acoustic", "bright sound", "fast_decay"}),
        ("A drum machine tune at 88 bpm", {"drum", "percussive", "electronic"}),
        ("A drum machine tune at 104 bpm", {"drum", "percussive", "electronic", "tempo-synced"}),
        ("A trumpet at 104 bpm", {"brass", "tempo-synced"}),
    ],
)
def test_a_tempo_is_a_pace_and_not_itself_an_aspect_of_a_piece(text, expected):
    assert aspects(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A jaunty tuba theme", {"brass", "acoustic", "bright sound"}),
        ("A jaunty but sinister tuba theme", {"brass", "acoustic"}),
        ("A cozy tuba theme", {"brass", "acoustic", "warm sound"}),
        ("A cozy, perky and jaunty tuba theme", {"brass", "acoustic", "bright sound"}),
        ("A cozy, jaunty tuba theme", {"brass", "acoustic", "bright sound", "warm sound"}),
        ("A gloomy yet cozy synth theme", {"synth_lead", "electronic"}),
        ("A ghostly tuba theme", {"brass", "acoustic"}),
        ("A ghostly, lunar tuba theme", {"brass", "acoustic", "reverb", "long_release"}),
        ("A vicious guitar theme", {"guitar", "acoustic", "distortion"}),
        ("A dark tuba theme", {"brass", "acoustic"}),
        ("A dark tuba", {"brass", "warm sound"}),
    ],
)
def test_moods_are_hints_of_bright_warm_distant_or_distorted(text, expected):
    assert aspects(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A reverb-drenched oboe theme", {"reed", "reverb", "acoustic"}),
        ("A mandolin-led polka", {"string", "bright sound", "acoustic"}),
        ("An organ-like tune", set()),
        ("A polka with neither drums nor tuba", {"bright sound", "acoustic"}),
        ("A tune with no drum, designed for a cozy evening", {"warm sound", "acoustic"}),
    ],
)
def test_compounds_of_strength_count_and_what_is_excluded_does_not(text, expected):
    assert aspects(text) == expected


def test_words_are_kept_as_they_stand_in_the_order_of_the_text():
    annotation = annotate_by_lexicon(["At 92 BPM: a Sea-Shanty for squeezeboxes"])[0]
    assert annotation.raw == ("sea-shanty", "squeezeboxes", "92 bpm")
    assert annotation.bpm == 92.0


def test_nothing_found_is_nothing_asked():
    assert lexicon_rules.of_piece([], None) == set()
    assert lexicon_rules.of_piece([("tune", ())], 104.0) == set()
