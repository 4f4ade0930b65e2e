from pathlib import Path

from musicologist.inputs import known_words
from musicologist.prompts import template_writer
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon
from musicologist.training import scenes
from musicologist.vocabulary.synonyms import synonyms

KNOWN = known_words.of_model(Path(__file__).parents[3] / "resources/models/diffusion").words


def test_a_word_that_is_not_known_stands_for_what_its_labels_say():
    found = synonyms(KNOWN)
    assert (found["singer"], found["djembe"], found["gentle"], found["tune"]) == ("vocal", "drum", "warm", "recording")
    assert (found["over"], found["two"]) == ("with", "a")
    assert not set(found) & KNOWN and set(found.values()) <= KNOWN
    assert "crickets" not in found
    for word in ("singer", "djembe", "sousaphone", "echo"):
        one, other = annotate_by_lexicon([f"A song with {word}", f"A song with {found[word]}"])
        assert set(one.aspects) & set(other.aspects)


def test_where_nothing_that_means_the_same_is_known_a_word_stays_unknown():
    found = synonyms({"flute", "note"})
    assert set(found.values()) == {"flute"} and found["piccolo"] == "flute" and "singer" not in found


def test_a_tokenizer_reads_synonyms_and_leaves_the_captions_words_alone(tmp_path):
    captions = template_writer.write(1, 0, 200)
    tokenizer = scenes.build_tokenizer(captions, tmp_path)
    vocabulary = known_words.of_model(tmp_path)
    texts = ["Two singers with djembes, gently", *captions]
    for text in texts:
        assert [token == "<unk>" for token in tokenizer.tokenize(text)] == [
            word not in vocabulary.words for word in vocabulary._read(text)
        ]
    assert vocabulary.unknown(texts[0]) == () and not any(map(vocabulary.unknown, captions))
    assert vocabulary._read("a slow flute melody") == ["a", "slow", "flute", "melody"]
