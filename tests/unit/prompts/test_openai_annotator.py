import json

import pytest
from musicologist.prompts import openai_annotator
from musicologist.prompts.tables import Annotation
from musicologist.vocabulary.aspects import ASPECTS, column

TEXTS = ("A bright flute, “solo”.", "A warm organ.", "Drums at 120 bpm.")
GOOD = [
    {"number": 1, "prompt": TEXTS[0], "aspects": ["bright sound", "flute"], "bpm": None},
    {"number": 2, "prompt": TEXTS[1], "aspects": ["organ", "warm sound"], "bpm": None},
    {"number": 3, "prompt": TEXTS[2], "aspects": ["drum", "tempo-synced"], "bpm": 120},
]


def body(items):
    return json.dumps({"model": "m-1", "choices": [{"message": {"content": json.dumps({"annotations": items})}}]})


def record(items, texts=TEXTS, number=1):
    return {"template": "t", "model": "m", "pass": number, "texts": list(texts), "answer": body(items)}


def test_a_good_answer_in_any_order():
    expected = {
        TEXTS[0]: (Annotation(("flute", "bright sound"), ("bright sound", "flute"), None), ()),
        TEXTS[1]: (Annotation(("organ", "warm sound"), ("organ", "warm sound"), None), ()),
        TEXTS[2]: (Annotation(("drum", "tempo-synced"), ("drum", "tempo-synced"), 120.0), ()),
    }
    assert openai_annotator.read(body(GOOD), TEXTS) == expected
    assert openai_annotator.read(body(GOOD[::-1]), TEXTS) == expected


def test_quotes_that_the_model_changed_do_not_matter():
    assert len(openai_annotator.read(body([{**GOOD[0], "prompt": 'a bright flute, "solo"'}]), TEXTS)) == 1


SPOILT = {
    "missing": (GOOD[1:], TEXTS[1:]),
    "doubled": ([*GOOD, GOOD[0]], TEXTS[1:]),
    "doubled with other tags": ([*GOOD, {**GOOD[0], "aspects": []}], TEXTS[1:]),
    "swapped": ([{**GOOD[0], "number": 2}, {**GOOD[1], "number": 1}, GOOD[2]], TEXTS[2:]),
    "another text": ([{**GOOD[0], "prompt": "A flute."}, *GOOD[1:]], TEXTS[1:]),
    "a number too high": ([{**GOOD[0], "number": 4}, *GOOD[1:]], TEXTS[1:]),
    "no number": ([{**GOOD[0], "number": None}, *GOOD[1:]], TEXTS[1:]),
    "no list": ([{**GOOD[0], "aspects": "flute"}, *GOOD[1:]], TEXTS[1:]),
    "a tempo in words": ([{**GOOD[0], "bpm": "fast"}, *GOOD[1:]], TEXTS[1:]),
    "a tempo missing": ([{k: v for k, v in GOOD[0].items() if k != "bpm"}, *GOOD[1:]], TEXTS),
    "no items": ("none", ()),
    "no object": ([7, *GOOD], TEXTS),
}


@pytest.mark.parametrize("what", SPOILT)
def test_only_the_items_that_are_right_count(what):
    items, expected = SPOILT[what]
    assert tuple(sorted(openai_annotator.read(body(items), TEXTS))) == tuple(sorted(expected))


def test_what_is_settled_is_not_asked_again():
    records = [record(GOOD[1:]), record(GOOD[:1], number=2)]
    assert openai_annotator.open_batches(records, TEXTS, 1, 5) == [(1, TEXTS[:1])]
    assert openai_annotator.open_batches(records, TEXTS, 2, 1) == [(1, TEXTS[:1]), (2, TEXTS[1:2]), (2, TEXTS[2:])]
    assert openai_annotator.open_batches([*records, record(GOOD)], TEXTS * 2, 1, 5) == []


def test_strange_tags_are_asked_about_again_and_then_taken_as_they_are():
    strange = [{**GOOD[0], "aspects": ["flute", "dark sound", "wobbly"]}, *GOOD[1:]]
    for tries in range(1, openai_annotator.TRIES):
        assert openai_annotator.open_batches([record(strange)] * tries, TEXTS, 1, 5) == [(1, TEXTS[:1])]
    states = openai_annotator.states([record(strange)] * openai_annotator.TRIES)
    assert states[1, TEXTS[0]].annotation == Annotation(
        ("flute", "warm sound"), ("flute", "dark sound", "wobbly"), None
    )
    states = openai_annotator.states([record(strange), record(GOOD), record(strange), record(strange)])
    assert states[1, TEXTS[0]].annotation.raw == ("bright sound", "flute")


def test_the_request_names_every_aspect_and_numbers_the_prompts():
    request = openai_annotator.request(TEXTS)
    assert json.loads(request.user) == [{"number": n, "prompt": text} for n, text in enumerate(TEXTS, 1)]
    assert all(f"- {aspect}: " in request.system for aspect in ASPECTS)
    assert tuple(column("gloss")) == ASPECTS
    items = request.schema["properties"]["annotations"]["items"]
    assert items["properties"]["aspects"]["items"]["enum"] == list(ASPECTS)
    assert set(items["required"]) == set(items["properties"])


def test_another_template_or_model_does_not_match():
    key = {"template": openai_annotator.template(1), "model": "m"}
    records = [{**key}, {**key, "model": "n"}, {**key, "template": openai_annotator.template(0)}]
    assert openai_annotator.matching(records, **key) == records[:1]
