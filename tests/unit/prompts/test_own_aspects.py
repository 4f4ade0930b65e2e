import pytest
from musicologist.prompts import own_aspects

WORDS = {"bell": ("church bell", "chime"), "glass harp": ("glass harmonica",)}


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
    assert own_aspects.asked_for(text, tags, WORDS) == found
