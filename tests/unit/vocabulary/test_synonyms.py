from pathlib import Path

from musicologist.inputs import known_words
from musicologist.prompts import template_writer
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon
from musicologist.training import scenes
from musicologist.vocabulary import plain_words
from musicologist.vocabulary.phrases import NEGATORS
from musicologist.vocabulary.sound_words import phrases
from musicologist.vocabulary.synonyms import TABLES, synonyms

MODELS = Path(__file__).parents[3] / "resources/models"
KNOWN = known_words.of_model(MODELS / "diffusion").words


def test_a_word_that_is_not_known_stands_for_what_its_labels_say():
    found = synonyms(KNOWN)
    assert (found["singer"], found["djembe"], found["gentle"], found["tune"]) == ("vocal", "drum", "warm", "recording")
    assert found["over"] == "with" and found["beautiful"] == found["two"] == found["spanish"] == ""
    assert set(found.values()) <= KNOWN | {""} and not any(set(phrase.split()) <= KNOWN for phrase in found)
    assert "crickets" not in found
    for word in ("singer", "djembe", "sousaphone", "echo", "double bass drum", "hip hop", "viola da gamba"):
        one, other = annotate_by_lexicon([f"A song with {word}", f"A song with {found[word]}"])
        assert set(one.aspects) & set(other.aspects)


def test_a_phrase_keeps_its_own_word_where_that_means_the_same():
    found = synonyms(KNOWN)
    assert (found["upright piano"], found["viola da gamba"], found["church organ"]) == ("piano", "viola", "organ")
    assert found["double bass drum"] == "drum" and found["minor key"] == "" and "steel drum" not in found


def test_forms_go_with_their_word_and_words_that_mean_something_are_never_passed_over():
    found = synonyms(KNOWN)
    assert {found[form] for form in ("singing", "sings", "humming", "hummed")} == {"vocal"}
    assert {found[form] for form in ("rises", "rising", "carried", "swings", "squelchy", "quietly")} <= {
        "",
        "acoustic",
        "warm",
    }
    means = {word for table in TABLES for aspects, text in table.items() if aspects for word in phrases(text)}
    plain = {name: value for name, value in vars(plain_words).items() if name.isupper()}
    for name, text in plain.items():
        assert not set(phrases(text)) & means, name
        assert len(phrases(text)) == len(set(phrases(text))) and all(word.isalpha() for word in phrases(text)), name


def test_what_negates_stays_unknown_for_a_model_of_words_cannot_obey():
    assert not {phrase.split()[0] for phrase in NEGATORS} & set(synonyms(KNOWN))


def test_where_nothing_that_means_the_same_is_known_a_word_stays_unknown():
    found = synonyms({"flute", "note"})
    assert set(found.values()) == {"flute", ""} and found["piccolo"] == "flute" and "singer" not in found


ORDINARY = """\
A lively fiddle tune with banjo, bass and spoons
Slow, sad piano chords in a big hall
A saxophone plays over an electronic beat at 96 BPM
Cheerful whistling and ukulele with finger snaps
A deep bass voice sings a ballad with organ
Harp and strings, soft and magical
Rock band with electric guitars, bass, drums and a shouting crowd
A single low piano note with a long tail
Accordion and violin playing an old tango in 4/4
Oboe melody with French horn accompaniment
Trumpet section hits with funk guitar, reverb-heavy
A gloomy cello and a distant bell
Music for a video game with a synth lead and fast drums
A children's choir and pipe organ in a huge cathedral
Clarinet, trombone and tuba in a New Orleans street band
Two acoustic guitars, fingerpicked, calm
Recorder consort with viola da gamba
Heavily distorted synth bass with sharp percussive hits
A gentle waltz for strings
Snare rolls and cymbal crashes, no melody""".splitlines()


def test_ordinary_prompts_hold_no_word_that_the_bundled_models_do_not_know_but_negations():
    for model in ("diffusion", "clap"):
        vocabulary = known_words.of_model(MODELS / model)
        assert [vocabulary.unknown(text) for text in ORDINARY] == [()] * 19 + [("no",)]
        assert vocabulary.unknown("Crickets and a rubboard") == ("crickets", "rubboard")
        assert not vocabulary.knows_anything("A beautiful thing, lovely")


def test_compounds_numbers_and_phrases_are_read_as_what_they_say():
    def read(text):
        return [word for word in known_words.of_model(MODELS / "diffusion")._read(text) if word[0].isalnum()]

    assert read("A reverb-heavy 12-string guitar at 93 BPM") == ["a", "reverb", "guitar", "at", "90", "bpm"]
    assert read("Hip-hop from 1994 in 3/4, 808 kicks") == ["electronic", "with", "in", "drum"]
    assert read("double bass, double bass drums and a bass drum") == ["bass", "drum", "and", "a", "bass", "drum"]


def test_a_tokenizer_reads_synonyms_and_leaves_the_captions_words_alone(tmp_path):
    captions = template_writer.write(1, 0, 200)
    tokenizer = scenes.build_tokenizer(captions, tmp_path)
    vocabulary = known_words.of_model(tmp_path)
    texts = ["Two singers with djembes, gently", *ORDINARY, *captions]
    for text in texts:
        assert [token == "<unk>" for token in tokenizer.tokenize(text)] == [
            word not in vocabulary.words for word in vocabulary._read(text)
        ]
    assert vocabulary.unknown(texts[0]) == () and not any(map(vocabulary.unknown, captions))
    assert vocabulary._read("a slow flute melody") == ["a", "slow", "flute", "melody"]
