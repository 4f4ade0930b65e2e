import json

from musicologist.prompts import openai_writer
from musicologist.vocabulary.aspects import ASPECTS


def body(prompts):
    return json.dumps({"choices": [{"message": {"content": json.dumps({"prompts": prompts})}}]})


def test_prompts_are_tidied_and_what_is_none_is_left_out():
    assert openai_writer.read(body([" A  flute\nsings. ", "", " ! ", 7, "A harp."])) == ["A flute sings.", "A harp."]
    assert openai_writer.read(body("A harp.")) == []
    assert openai_writer.read("{") == []


def test_a_prompt_is_new_where_more_than_case_and_punctuation_differs():
    texts = ["A flute!", "a harp", "A HARP.", "a cello", "An oboe"]
    assert openai_writer.new(texts, ["A flute.", "an oboe"]) == ["a harp", "a cello"]


def test_a_request_depends_on_seed_batch_and_number_alone_and_no_two_are_alike():
    assert openai_writer.request(1, 2, 3, 50) == openai_writer.request(1, 2, 3, 50)
    users = {openai_writer.request(s, b, n, 50).user for s in range(3) for b in range(3) for n in range(3)}
    assert len(users) == 27


def test_all_aspects_get_their_turn():
    users = " ".join(openai_writer.request(1, 0, number, 50).user for number in range(20))
    assert all(aspect.replace("_", " ") in users for aspect in ASPECTS)
