import json

import pytest
from musicologist.core.errors import UserError
from musicologist.inputs.annotations import read_original
from musicologist.vocabulary.aspects import ASPECTS, column
from musicologist.vocabulary.lexicon import LEXICON, resolve

RECORDS = [
    {"prompt": "An electric guitar", "aspects": ["guitar", "electric"], "bpm": None},
    {"prompt": "A dark accordion, fading\nslowly", "aspects": ["dark sound", "accordion", "slow_decay"], "bpm": 90},
    {"prompt": "Something odd", "aspects": ["bass", "wobbly", "wobbly"], "bpm": "about 120 bpm"},
    {"prompt": "Nothing at all", "aspects": []},
]
ONE_LINE = json.dumps(RECORDS)
INDENTED = json.dumps(RECORDS, indent=2)
ROUNDS = json.dumps(RECORDS[:2], indent=2) + "\n" + json.dumps(RECORDS[2:], indent=2)
LINES = "\n".join(json.dumps(record) for record in RECORDS)
BROKEN_LINES = "\n".join(json.dumps(record, indent=1) + "," for record in RECORDS)


def written(tmp_path, text):
    path = tmp_path / "annotations.json"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", [ONE_LINE, INDENTED, ROUNDS, LINES, BROKEN_LINES, "\ufeff" + ONE_LINE])
def test_records_are_read_however_they_are_broken_into_lines(tmp_path, text):
    given = read_original(written(tmp_path, text))
    assert given.texts == tuple(record["prompt"] for record in RECORDS)
    assert [annotation.raw for annotation in given.annotations] == [tuple(record["aspects"]) for record in RECORDS]
    assert [annotation.bpm for annotation in given.annotations] == [None, 90.0, 120.0, None]


def test_tags_outside_the_vocabulary_are_mapped_by_the_table_or_reported_and_kept_raw(tmp_path):
    given = read_original(written(tmp_path, ONE_LINE))
    assert given.annotations[0].aspects == ("guitar", "electronic")
    assert given.annotations[1].aspects == ("organ", "warm sound", "long_release")
    assert given.annotations[2].aspects == ("bass",)
    assert given.annotations[2].raw == ("bass", "wobbly", "wobbly")
    assert given.unknown == {"wobbly": 1}


def test_nothing_matches_in_part():
    assert resolve(["brass section", "basso", "re", "organic"]) == ((), ("brass section", "basso", "re", "organic"))
    assert resolve(["Warm Sound", "FAST-DECAY", "tempo synced", "synth lead"]) == (
        ("synth_lead", "warm sound", "fast_decay", "tempo-synced"),
        (),
    )


def test_the_table_leads_into_the_vocabulary_and_repeats_no_word_list():
    tags = {tag for tags in column("tags").values() for tag in tags}
    assert not tags & {word for words in LEXICON.values() for word in words}
    assert not tags & set(ASPECTS)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty: expected at least one record"),
        ("[]", "is empty: expected at least one record"),
        ('[{"prompt": "a",\n "aspects": [bass]}]', "line 2: not JSON"),
        ('[{"prompt": "", "aspects": []}]', "record 1: no prompt"),
        ('["a flute"]', "record 1: no prompt"),
        ('[{"prompt": "a", "aspects": []}, {"prompt": "b"}]', "record 2: aspects is no list of tags"),
        ('[{"prompt": "a", "aspects": ["bass", 3]}]', "record 1: aspects is no list of tags"),
        ('[{"prompt": "a", "aspects": [], "bpm": [1]}]', "record 1: bpm is [1]"),
    ],
)
def test_a_mistake_names_its_record(tmp_path, text, sentence):
    with pytest.raises(UserError) as caught:
        read_original(written(tmp_path, text))
    assert sentence in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.json does not exist"):
        read_original(tmp_path / "none.json")
