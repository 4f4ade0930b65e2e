import pytest
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon
from musicologist.vocabulary.aspects import ASPECTS
from musicologist.vocabulary.lexicon import LEXICON


def aspects(text):
    return set(annotate_by_lexicon([text])[0].aspects)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A bright piano", {"bright sound", "keyboard"}),
        ("Two violins and a saxophone", {"string", "reed"}),
        ("a bass clarinet melody", {"reed"}),
        ("bass drum and steel drums", {"drum", "mallet"}),
        ("electric bass", {"electronic", "bass"}),
        ("a synth lead over a synth bass", {"synth_lead", "synthetic", "bass"}),
        ("BRASS, Flutes and voices", {"brass", "flute", "vocal"}),
        ("a brightness contest about brassicas", set()),
        ("a dark organ", {"warm sound", "organ"}),
        ("", set()),
    ],
)
def test_whole_words_plurals_and_synonyms(text, expected):
    assert aspects(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("guitar without drums", {"guitar"}),
        ("no piano, organ or drums, but a flute", {"flute"}),
        ("a cello, not distorted. Drums follow", {"string", "drum"}),
        ("no vocals with a warm guitar", {"warm sound", "guitar"}),
    ],
)
def test_negation_reaches_as_far_as_its_clause(text, expected):
    assert aspects(text) == expected


def test_a_named_tempo_is_the_bpm_and_means_tempo_synced():
    first, second = annotate_by_lexicon(["marimba at 120 bpm", "marimba for 120 minutes"])
    assert first.bpm == 120.0 and "tempo-synced" in first.aspects
    assert second.bpm is None and "tempo-synced" not in second.aspects


def test_aspects_stand_in_the_vocabularys_order_and_raw_words_in_the_texts():
    annotation = annotate_by_lexicon(["warm vocals and bass"])[0]
    assert annotation.aspects == ("bass", "vocal", "warm sound")
    assert annotation.raw == ("warm", "vocals", "bass")


def test_every_aspect_has_words_and_no_word_means_two_things():
    assert tuple(LEXICON) == ASPECTS
    phrases = [phrase for phrases in LEXICON.values() for phrase in phrases]
    assert len(phrases) == len(set(phrases))
