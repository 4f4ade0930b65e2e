import json
from pathlib import Path

import pytest
from musicologist.core.errors import UserError
from musicologist.inputs import known_words
from musicologist.prompts import template_writer

BUNDLED = Path(__file__).parents[3] / "resources/models/diffusion"
ORDINARY = [
    "A slow flute melody.",
    "A female singer humming over a warm piano",
    "An electronic bass, a djembe and a drum",
    "A recording of trumpet solos with crickets and a gitar",
]


@pytest.fixture(scope="module")
def bundled():
    return known_words.of_model(BUNDLED)


def test_unknown_words_are_those_that_the_models_own_tokenizer_does_not_know(bundled):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(BUNDLED)
    for text in [*ORDINARY, *template_writer.write(1, 0, 50)]:
        tokens = tokenizer.tokenize(text)
        read = bundled._read(text)
        assert len(tokens) == len(read)
        assert [token == "<unk>" for token in tokens] == [word not in bundled.words for word in read]
    assert [bundled.unknown(text) for text in ORDINARY] == [
        (),
        (),
        (),
        ("crickets", "gitar"),
    ]


def test_synonyms_are_read_as_the_words_that_the_model_knows(bundled):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(BUNDLED)
    for text, same in (
        ("Djembes, two vocalists and violinists over bagpipes", "drum, vocal and string with reed"),
        ("A rapper", "A vocal"),
    ):
        assert bundled.unknown(text) == ()
        assert tokenizer(text)["input_ids"] == tokenizer(same)["input_ids"]


def test_plurals_and_simple_forms_of_known_words_are_known(bundled):
    assert bundled.unknown("Strings play melodies, pianos and organs brightly played chords; a chord") == ()
    assert bundled.unknown("Gitars and flutelings") == ("gitars", "flutelings")


def test_the_template_writer_uses_known_words_alone(bundled):
    assert not any(bundled.unknown(text) for text in template_writer.write(7, 0, 300))


def test_the_warning_names_words_and_near_ones():
    said = known_words.warning(ORDINARY, BUNDLED)
    assert "1 of 4 prompts hold others" in said
    assert "gitar (it knows guitar)" in said and "crickets" in said and "\n" not in said
    assert known_words.warning(ORDINARY[:1], BUNDLED) == ""


def test_a_prompt_of_which_nothing_is_known_is_refused_unless_it_is_left_out():
    texts = [*ORDINARY, "Thundr, or gitars, in the rain."]
    with pytest.raises(UserError, match=r"Prompt 4 .*no word that says something.*words of that model .guitar.,"):
        known_words.warning(texts, BUNDLED)
    assert "2 of 5 prompts" in known_words.warning(texts, BUNDLED, left_out=[4])


def test_models_that_read_parts_of_words_know_every_word(tmp_path):
    assert known_words.of_model(tmp_path) is None
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"type": "Unigram", "vocab": []}}))
    assert known_words.warning(["xyzzy"], tmp_path) == ""
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="is no tokenizer"):
        known_words.of_model(tmp_path)
