"""The embedders of a run: by which key they are named, and where their products stand."""

import pytest
from musicologist.core.errors import UserError
from musicologist.workflow import ears

INPUTS = {"embeddings": None, "note_embeddings": None}
CLAP = "resources/models/clap"


def configured(clap=None, embedders=None, **inputs):
    return ears.configured({"clap": clap, "embedders": embedders}, INPUTS | inputs, "my.yaml")


def test_one_embedder_is_the_runs_own_by_either_key():
    for found in (configured(clap=CLAP), configured(embedders={"clap": CLAP})):
        assert list(found) == [""]
        own = found[""]
        assert (own.name, own.model, own.module) == ("clap", CLAP, "musicologist.embedders.clap")
        assert own.reads_text and own.on_sphere and own.title.startswith("small")


def test_another_stands_in_a_folder_of_its_own():
    found = configured(embedders={"mine": CLAP, "musicnn": "musicnn"})
    assert list(found) == ["", "embedders/musicnn/"]
    assert found[""].digest("unused").of == "model clap"  # so that naming it makes nothing stale
    other = found["embedders/musicnn/"]
    assert not other.reads_text and not other.on_sphere and other.title == "musicnn"
    assert other.digest("unused").of == "model embedders.musicnn"


def test_neither_key_nor_both_and_several_with_nothing_to_hear_are_refused():
    with pytest.raises(UserError, match=r"my\.yaml: neither of models\.clap and models\.embedders is given"):
        configured()
    with pytest.raises(UserError, match=r"both of models\.clap and models\.embedders are given"):
        configured(clap=CLAP, embedders={"clap": CLAP})
    with pytest.raises(UserError, match=r"models\.embedders names 2, but inputs\.note_embeddings are given"):
        configured(embedders={"clap": CLAP, "musicnn": "musicnn"}, note_embeddings="folder")


WHOLE = """LICENCE, READS_TEXT, ON_SPHERE = "none needed", False, True
def load(model, device="cpu"): ...
def check(place): ...
"""


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", r"mine\.py has no LICENCE that is text, which an embedder needs: add it"),
        (WHOLE.replace("False", "None"), "has no READS_TEXT that is True or False"),
        (WHOLE.replace("True", "3"), "has no ON_SPHERE that is True or False"),
        (WHOLE.replace("def check(place)", "def chek(place)"), "has no function check, which an embedder needs"),
        (
            WHOLE + "import sys; sys.exit(2)",
            "mine.py ends the program where it is read: put what it does by itself below",
        ),
        ("1/0", "cannot be imported"),
    ],
)
def test_an_own_file_that_is_no_embedder_is_a_sentence(tmp_path, code, sentence):
    file = tmp_path / "mine.py"
    file.write_text(WHOLE)
    assert not configured(clap=str(file))[""].reads_text
    file.write_text(code)
    with pytest.raises(UserError, match=sentence):
        configured(clap=str(file))
