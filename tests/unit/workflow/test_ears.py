"""The embedders of a run: by which key they are named, and where their products stand."""

import pytest
from musicologist.concepts import definitions
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


OWN = """
aspects: {sitar: [sitar, sarod], bell: [bell]}
is_sitar: {group: mine, notes: {match: any, positive: {families: [guitar]}}, prompts: {positive: [sitar]}}
is_bell: {group: mine, notes: {match: any, positive: {families: [mallet]}}, prompts: {positive: [bell]}}
is_either: {group: mine, notes: {match: any, positive: {families: [guitar]}}, prompts: {positive: [guitar, flute]}}
is_both:
  group: mine
  notes: {match: any, positive: {families: [guitar]}}
  prompts: {match: all, positive: [guitar, electronic]}
"""


def test_a_concept_has_tags_where_each_of_its_aspects_has_one(tmp_path):
    found = configured(embedders={"clap": CLAP, "musicnn": "musicnn"})
    concepts = definitions.load("config/concepts.yaml")
    tags = found["embedders/musicnn/"].tags(concepts)
    assert tags["is_guitar"] == ("guitar",) and tags["is_string"] == ("strings", "violin", "cello", "harp")
    assert tags["is_bass"] == tags["is_plucked"] == tags["is_acoustic_band"] == ()
    assert not any(found[""].tags(concepts).values()) and found[""].tagger is None
    (tmp_path / "own.yaml").write_text(OWN)
    own = found["embedders/musicnn/"].tags(definitions.load(tmp_path / "own.yaml"))
    assert own == {"is_sitar": ("sitar",), "is_bell": (), "is_either": ("guitar", "flute"), "is_both": ()}
