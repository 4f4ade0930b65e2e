import json

import pytest
from musicologist.core.errors import UserError
from musicologist.inputs import section

NOTHING = dict.fromkeys(("prompts", "annotations", "audio", "embeddings", "notes", "note_embeddings"))


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Files and folders that exist, named as they are."""
    monkeypatch.chdir(tmp_path)
    for folder in ("audio", "embeddings", "concepts", "nsynth-valid/audio", "nsynth-train"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("prompts.txt", "a.json", "a.parquet", "a.csv", "nsynth-valid/examples.json"):
        (tmp_path / file).touch()


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"prompts": "prompts.txt"},
        {"annotations": "a.json"},
        {"annotations": "a.parquet", "prompts": "prompts.txt"},
        {"audio": "audio", "annotations": "a.parquet"},
        {"embeddings": "embeddings", "prompts": "prompts.txt", "note_embeddings": "concepts"},
        {"notes": "http://host/nsynth-{split}.tar.gz"},
    ],
)
def test_what_goes_together(places, inputs):
    section.check(NOTHING | inputs, "my.yaml")


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"audio": "none"}, "inputs.audio is none, which does not exist"),
        (
            {"listeners": "/dev/zero"},
            "inputs.listeners is /dev/zero, which is a pipe or a device: expected a file or folder.",
        ),
        ({"clips": "/dev/zero"}, "which is a pipe or a device: expected a file."),
        ({"audio": "audio"}, "inputs.audio is given, but not what its prompts asked for"),
        ({"audio": "audio", "embeddings": "embeddings", "prompts": "prompts.txt"}, "inputs.audio would not be used"),
        ({"notes": "nsynth-valid", "note_embeddings": "concepts"}, "inputs.notes would not be used"),
        ({"annotations": "a.csv"}, "expected the original study's .json or a .parquet"),
        ({"annotations": "a.parquet"}, "a table without the prompts themselves"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(places, inputs, sentence):
    with pytest.raises(UserError) as caught:
        section.check(NOTHING | inputs, "my.yaml")
    assert str(caught.value).startswith("my.yaml: ")
    assert sentence in str(caught.value)


def test_prompts_come_from_their_file_or_from_the_annotations(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"prompt": text, "aspects": []} for text in ("a flute", "a drum")]))
    (tmp_path / "a.txt").write_text("1. a flute\n2. a drum\n3. a bass\n")
    annotations, texts = str(tmp_path / "a.json"), str(tmp_path / "a.txt")
    assert section.prompts(NOTHING, 2) == []
    assert section.prompts(NOTHING | {"annotations": annotations}, 2) == ["a flute", "a drum"]
    assert section.prompts(NOTHING | {"annotations": annotations, "prompts": texts}, 2) == ["a flute", "a drum"]
    (tmp_path / "a.txt").write_text("a flute\nthe drum\n")
    with pytest.raises(UserError, match=r"Prompt 1 is 'the drum' in .*, but 'a drum' in "):
        section.prompts(NOTHING | {"annotations": annotations, "prompts": texts}, 2)


def test_several_splits_need_notes_for_each(places):
    for place in ("http://host/nsynth-{split}.tar.gz", None):
        section.check_notes(place, ["valid"], "my.yaml")
    section.check_notes("nsynth-{split}", ["valid"], "my.yaml")
    section.check_notes("http://host/nsynth-{split}.tar.gz", ["train", "valid"], "my.yaml")
    for place, found in ((None, "rendered from a sound font"), ("all.tar.gz", "inputs.notes is 'all.tar.gz'")):
        with pytest.raises(UserError, match=f"names 2 splits, but .*{found}"):
            section.check_notes(place, ["train", "valid"], "my.yaml")


def test_notes_that_are_not_there_are_one_sentence(places):
    with pytest.raises(UserError, match=r"inputs.notes is nsynth-train, which has no examples.json"):
        section.check_notes("nsynth-{split}", ["valid", "train"], "my.yaml")
    with pytest.raises(UserError, match=r"inputs.notes is nsynth-train.tar.gz, which does not exist"):
        section.check_notes("nsynth-{split}.tar.gz", ["train"], "my.yaml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a\0b", "a zero byte"),
        ("\u200b\u2060", r"prompt 1 is '\\u200b\\u2060', of which nothing can be seen: remove it"),
    ],
)
def test_a_prompt_that_cannot_be_written_or_seen_is_a_sentence_in_every_format(tmp_path, text, sentence):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"prompt": ["A ♪.", text]}), tmp_path / "p.parquet")
    (tmp_path / "p.json").write_text(json.dumps(["A ♪.", text]))
    for name in ("p.parquet", "p.json"):
        with pytest.raises(UserError, match=rf"{name}.*{sentence}"):
            section.prompts(NOTHING | {"prompts": str(tmp_path / name)}, 2)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (
            "ftp://host/nsynth.tar.gz",
            "inputs.notes is ftp://host/nsynth.tar.gz, an address that begins with ftp://, from which",
        ),
        ("s3://bucket/nsynth", "begins with s3://"),
        (
            "file:///data/nsynth",
            "begins with file:///?, from which nothing is fetched: download it, and name an archive",
        ),
        ("~/nsynth", "nothing puts your home in the place of ~ here: write it out"),
        ("nowhere/nsynth", "inputs.notes is nowhere/nsynth, which does not exist: name an archive or folder that does"),
    ],
)
def test_a_place_that_is_not_there_says_why(places, place, sentence):
    with pytest.raises(UserError, match=sentence):
        section.check_notes(place, ["train"], "my.yaml")
    with pytest.raises(UserError, match=sentence.replace("notes is", "prompts is").replace("an archive", "a file")):
        section.check(NOTHING | {"prompts": place}, "my.yaml")
