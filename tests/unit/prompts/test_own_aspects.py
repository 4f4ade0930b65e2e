import pytest
from musicologist.prompts import own_aspects

OWN = (("bell", ("church bell", "chime")), ("glass harp", ("glass harmonica",)))


@pytest.mark.parametrize(
    ("text", "tags", "found"),
    [
        ("Church bells at dawn.", (), ("bell",)),
        ("A chime and a glass-harp", (), ("bell", "glass harp")),
        ("no bells, but a glass harmonica", (), ("glass harp",)),
        ("a doorbell", (), ()),
        ("a slow piece", ("Chimes", "bell"), ("bell",)),
        ("", (), ()),
    ],
)
def test_a_prompt_asks_for_an_aspect_whose_words_it_names(text, tags, found):
    assert own_aspects.asked_for(text, tags, OWN) == found


def test_they_are_added_to_those_of_the_annotation():
    rows = [{"prompt_id": n, "aspects": ["flute"], "aspects_raw": raw} for n, raw in enumerate((None, ["chime"]))]
    assert own_aspects.by_prompt(rows, {0: "bells"}, OWN) == {0: ("flute", "bell"), 1: ("flute", "bell")}
    assert own_aspects.by_prompt(rows, {}, ()) == {0: ("flute",), 1: ("flute",)}
