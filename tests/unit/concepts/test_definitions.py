from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from musicologist.concepts import datasets, definitions, prompt_labels
from musicologist.core.errors import UserError

FILE = Path(__file__).parents[3] / "config/concepts.yaml"
ALL = definitions.load(FILE)


def notes(*rows):
    names = ("family", "source", "qualities")
    return pa.table({name: pa.array([row[i] for row in rows]) for i, name in enumerate(names)})


NOTES = notes(
    ("brass", "acoustic", []),
    ("brass", "synthetic", ["dark"]),
    ("reed", "acoustic", ["reverb"]),
    ("mallet", "acoustic", ["percussive", "fast_decay"]),
    ("synth_lead", "synthetic", ["reverb", "bright"]),
    ("vocal", "electronic", []),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("is_brass", [1, 1, -1, 0, 0, 0]),
        ("is_warm", [0, 1, -1, 0, -1, 0]),
        ("is_orchestral", [1, 0, 1, 0, 0, 0]),
        ("is_techno", [0, 1, 0, 0, 1, 0]),
        ("is_percussion", [0, 0, 0, 1, 0, 0]),
        ("is_atmospheric", [0, 0, 0, 0, 1, 0]),
        ("is_staccato", [0, 0, 0, 1, 0, 0]),
        ("is_synthetic", [0, 1, 0, 0, 1, -1]),
    ],
)
def test_notes_with_a_concept_near_it_and_without(name, expected):
    assert datasets.NoteLabels(NOTES).labels(ALL[name]).tolist() == expected


def test_labels_in_batches_equal_labels_one_by_one():
    rng = np.random.default_rng(0)
    from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

    rows = [
        (str(rng.choice(FAMILIES)), str(rng.choice(SOURCES)), [q for q in QUALITIES if rng.random() < 0.2])
        for _ in range(300)
    ]

    def one(row, terms, match):
        values = {"families": {row[0]}, "sources": {row[1]}, "qualities": set(row[2])}
        hits = [bool(values[kind] & set(getattr(terms, kind))) for kind in values if getattr(terms, kind)]
        return bool(hits) and (any if match == "any" else all)(hits)

    coded = datasets.NoteLabels(notes(*rows))
    for concept in ALL.values():
        expected = [
            1 if one(row, concept.positive, concept.match) else -1 if one(row, concept.near, concept.match) else 0
            for row in rows
        ]
        assert coded.labels(concept).tolist() == expected, concept.name


@pytest.mark.parametrize(
    ("name", "aspects", "expected"),
    [
        ("is_warm", ["warm sound"], 1),
        ("is_warm", ["reverb"], None),
        ("is_warm", ["brass"], 0),
        ("is_percussion", ["drum"], 1),
        ("is_percussion", ["drum", "keyboard"], 1),
        ("is_techno", ["drum", "synthetic"], 1),
        ("is_techno", ["drum", "electronic"], None),
        ("is_techno", ["electronic"], 0),
        ("is_techno", ["brass", "acoustic"], 0),
        ("is_harmonic", ["bright sound"], 1),
        ("is_orchestral", ["organ"], 0),
        ("is_orchestral", ["organ", "acoustic"], None),
        ("is_orchestral", ["reed", "acoustic"], 1),
        ("is_orchestral", ["reed", "electronic"], 0),
        ("is_atmospheric", ["reverb", "vocal"], 1),
        ("is_atmospheric", ["reverb"], 0),
        ("is_acoustic", [], 0),
    ],
)
def test_prompts_that_ask_for_a_concept_or_come_near_it(name, aspects, expected):
    assert prompt_labels.prompt_label(aspects, ALL[name]) == expected


def test_all_28_concepts_are_there_and_near_terms_are_no_positives():
    assert len(ALL) == 28
    for concept in ALL.values():
        assert concept.prompt_match == concept.match  # one predicate for notes and prompts
        if concept.prompt_match == "any":
            assert not set(concept.positive_aspects) & set(concept.near_aspects)
        if concept.match == "any":
            for kind in definitions.KINDS:
                assert not set(getattr(concept.positive, kind)) & set(getattr(concept.near, kind))


def test_only_the_named_concepts_are_loaded_in_the_files_order():
    assert list(definitions.load(FILE, ["is_flute", "is_brass"])) == ["is_brass", "is_flute"]
    with pytest.raises(UserError, match=r"'is_flut', which .* does not define; did you mean 'is_flute'"):
        definitions.load(FILE, ["is_flut"])


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (
            ("notes", "positive", "families"),
            ["brasss"],
            "is_brass, notes.positive.families: unknown term 'brasss'; did you mean",
        ),
        (("prompts", "positive"), ["dark"], "is_brass, prompts.positive: unknown term 'dark'"),
        (("prompts", "positive"), [], "is_brass: no positive terms"),
        (("notes", "match"), "or", "is_brass: notes.match: unknown term 'or'; expected one of any, all"),
        (("notes", "nearby"), {}, "is_brass, notes: unknown key 'nearby'"),
        (("notes",), "brass", "is_brass, notes: expected the keys"),
        (("prompts", "near"), "reed", "is_brass, prompts.near: expected a list"),
    ],
)
def test_a_mistake_names_concept_and_term(tmp_path, path, value, sentence):
    entries = {"is_brass": yaml.safe_load(FILE.read_text())["is_brass"]}
    place = entries["is_brass"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (tmp_path / "concepts.yaml").write_text(yaml.safe_dump(entries))
    with pytest.raises(UserError) as caught:
        definitions.load(tmp_path / "concepts.yaml")
    assert sentence in str(caught.value)


def test_the_digest_follows_the_entry():
    digests = {concept.digest for concept in ALL.values()}
    assert len(digests) == 28
    assert definitions.load(FILE)["is_brass"].digest == ALL["is_brass"].digest


OWN = {
    "aspects": {"bell": ["bell", "church bell"]},
    "is_bell": {
        "group": "struck things",
        "notes": {"match": "any", "positive": {"families": ["mallet"]}},
        "prompts": {"positive": ["bell", "mallet"]},
    },
}


def of(tmp_path, **changes):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**OWN, **changes}))
    return definitions.load(tmp_path / "mine.yaml")


def test_a_file_may_have_aspects_and_groups_of_its_own(tmp_path):
    named = {**OWN["is_bell"], "group": "struck"}
    bell = of(tmp_path, is_bell=named)["is_bell"]
    assert (bell.group, bell.words) == ("struck", (("bell", ("bell", "church bell")),))
    other = of(tmp_path, is_bell=named, aspects={"bell": ["bell"]})["is_bell"]
    assert other.digest != bell.digest, "its words are part of it"
    assert ALL["is_brass"].words == () and ALL["is_brass"].digest == "c6bdd3cbfee017b2"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"aspects": {"brass": ["horn"]}}, "aspects, brass: the workflow knows this aspect already"),
        ({"aspects": {"bell": "bell"}}, "aspects, bell: expected a list of words"),
        ({"aspects": {"bell": []}}, "aspects, bell: expected a list of words"),
        ({"aspects": ["bell"]}, "aspects: expected names with their words"),
        ({"aspects": {"bells": ["bell"]}}, "unknown term 'bell'"),
        ({}, "'struck things' cannot be a name"),
    ],
)
def test_own_aspects_and_groups_that_are_none_are_refused(tmp_path, changes, sentence):
    with pytest.raises(UserError, match=sentence):
        of(tmp_path, **changes)


def test_where_all_kinds_must_match_an_own_aspect_is_a_kind_by_itself(tmp_path):
    prompts = {"match": "all", "positive": ["bell", "mallet", "brass"]}
    bell = of(tmp_path, is_bell={**OWN["is_bell"], "group": "struck", "prompts": prompts})["is_bell"]
    assert [prompt_labels.prompt_label(some, bell) for some in (["bell"], ["bell", "brass"])] == [0, 1]


def test_two_files_may_not_define_the_same(tmp_path):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"is_brass": OWN["is_bell"]}))
    with pytest.raises(UserError, match="defines 'is_brass', which another file of concepts defines too"):
        definitions.read([FILE, tmp_path / "mine.yaml"])
