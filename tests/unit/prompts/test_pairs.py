import pytest
from musicologist.core.errors import UserError
from musicologist.prompts import pairs
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon
from musicologist.prompts.pairs import Pair, Subjects
from musicologist.vocabulary.terms import FAMILIES

FAMILY = {f"is_{family}": family for family in FAMILIES}
QUALITY = {"is_warm": ("dark",), "is_long": ("long_release", "reverb"), "is_rhythmic": ("tempo-synced",)}
NEAR = {"flute": ("reed",), "reed": ("flute", "brass"), "brass": ("reed",), "bass": ("keyboard",)}
SUBJECTS = Subjects(FAMILY, QUALITY, NEAR)
WRITTEN = pairs.write(SUBJECTS, 3, 1)


def test_the_prompts_of_a_pair_differ_in_one_concept_alone():
    """By the annotator's word: each prompt's aspects are those that both have, and what its own concept is."""
    aspects = {name: {family} for name, family in FAMILY.items()}
    aspects |= {"is_warm": {"warm sound"}, "is_long": {"long_release", "reverb"}, "is_rhythmic": {"tempo-synced"}}
    for pair in WRITTEN:
        first, second = (set(found.aspects) for found in annotate_by_lexicon([pair.first, pair.second]))
        assert len(first - second) == 1 and first - second <= aspects[pair.first_concept], pair
        assert second - first <= aspects.get(pair.second_concept, set()), pair
        assert bool(second - first) == bool(pair.second_concept), pair


def test_every_family_and_quality_has_its_pairs_and_no_pair_is_near_or_twice():
    assert len(WRITTEN) == 3 * SUBJECTS.in_a_round == 51
    for number in range(3):
        mine = WRITTEN[17 * number : 17 * (number + 1)]
        assert [pair.first_concept for pair in mine[:11]] == list(FAMILY)
        assert [pair.first_concept for pair in mine[11:]] == [name for name in QUALITY for _ in range(2)]
    assert len({(pair.first, pair.second) for pair in WRITTEN}) == 51
    assert [pair.pair for pair in WRITTEN[:2]] == ["0000", "0001"]
    for pair in WRITTEN:
        family, other = (concept.removeprefix("is_") for concept in (pair.first_concept, pair.second_concept))
        assert other not in NEAR.get(family, ())


def test_a_partner_that_is_no_concept_of_the_run_is_none():
    alone = pairs.write(Subjects({"is_brass": "brass"}, {}, {}), 2, 1)
    assert [(pair.first_concept, pair.second_concept) for pair in alone] == [("is_brass", "")] * 2
    assert alone[0].second != alone[1].second


def test_pairs_are_the_same_for_ever_and_read_as_they_are_written(tmp_path):
    assert pairs.write(SUBJECTS, 2, 1) == WRITTEN[:34] != pairs.write(SUBJECTS, 2, 2)
    pairs.save(tmp_path / "pairs.csv", WRITTEN)
    assert pairs.read(tmp_path / "pairs.csv") == WRITTEN


HEAD = "pair,first,second,first_concept,second_concept\n"
GOOD = HEAD + "a,A flute,A bass,is_flute,is_bass\nb,A warm flute,A flute,is_warm,\n"


def test_given_pairs(tmp_path):
    (tmp_path / "pairs.csv").write_text(GOOD, encoding="utf-8-sig")
    assert pairs.read(tmp_path / "pairs.csv")[1] == Pair("b", "A warm flute", "A flute", "is_warm", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n", "has no column pair, or no row"),
        ("", "has no column pair, or no row"),
        (GOOD + "c,A harp,A harp,is_string,is_bass\n", "line 4: expected two prompts that differ"),
        (GOOD + "c,A harp,,is_string,is_bass\n", "line 4: expected two prompts that differ"),
        (GOOD + "c,A harp,A bass,is_bass,is_bass\n", "line 4: expected the concept that one prompt asks for"),
        (GOOD + "c,A harp,A bass,,\n", "line 4: expected the concept that one prompt asks for"),
        (HEAD + "a,A flute,A bass,is_flute,\n", "one pair says nothing about others"),
    ],
)
def test_what_is_no_table_of_pairs_is_one_sentence(tmp_path, text, sentence):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(UserError, match=sentence):
        pairs.read(tmp_path / "pairs.csv")
    with pytest.raises(UserError, match="does not exist"):
        pairs.read(tmp_path / "none.csv")
