import pytest
from musicologist.concepts import definitions
from musicologist.listening import contents
from musicologist.listening.reading import Levels

from tests.support.simulated_run import CONCEPTS_FILE

LEVELS = Levels((0, 5), (100.0, 0.2), (-40.0, 14.0))
ROW = {"concept": "is_flute", "classifier": "svm", "signal": "noisy", "n_pos_prompts": 9, "n_neg_prompts": 30}
NOTES = {"with": 90, "without": 90, "instruments_with": 30, "instruments_without": 31}


def rows(**changed):
    return [ROW | {"step": step, "roc_auc": 0.5 + step / 10} | changed for step in (5, 0)]


def test_a_curve_lies_over_the_levels_and_lacks_what_its_table_lacks():
    [curve] = contents.curves(rows(), LEVELS)
    assert curve["auc"] == [0.5, 1.0]
    assert curve["low"] == [None, None]
    assert curve["sigma50"] is None


def test_several_embedders_are_several_probes():
    table = [*rows(embedder="clap"), *rows(embedder="musicnn")]
    assert [curve["probe"] for curve in contents.curves(table, LEVELS)] == ["svm / clap", "svm / musicnn"]
    assert contents.probe_title("svm / musicnn") == "SVM, musicnn"


def test_a_definition_is_words():
    found = contents.definition(definitions.load(CONCEPTS_FILE)["is_flute"])
    assert found["notes"] == "family flute"
    assert found["notes_near"] == "family reed"
    assert found["asks"] == ["flute"]


DOUBTS = {
    "few prompts": ({"n_pos_prompts": 4}, NOTES, {}),
    "few instruments": ({}, NOTES | {"instruments_with": 7}, {}),
    "probe near chance": ({}, NOTES, {"svm": {"roc_auc": 0.55}}),
    "warning": ({"warning": "Words that the model does not know."}, NOTES, {}),
}


@pytest.mark.parametrize("short", DOUBTS)
def test_each_doubt_is_told(short, request):
    changed, notes, held_out = DOUBTS[short]
    assert contents.warnings(rows(), NOTES, {"svm": {"roc_auc": 0.9}}) == []
    [found] = contents.warnings(rows(**changed), notes, held_out)
    assert found["short"] == short


def test_an_interval_decides_where_there_is_one():
    assert contents.warnings(rows(), NOTES, {"svm": {"roc_auc": 0.55, "roc_auc_low": 0.51}}) == []
    assert len(contents.warnings(rows(), NOTES, {"svm": {"roc_auc": 0.7, "roc_auc_low": 0.45}})) == 1


def test_embedders_that_disagree_are_a_doubt():
    table = [*rows(embedder="clap", answer="emerged"), *rows(embedder="musicnn", answer="not emerged")]
    [found] = contents.warnings(table, NOTES, {})
    assert found == {"short": "embedders disagree", "sentence": "Noisy state: clap: emerged; musicnn: not emerged."}


def test_the_words_that_made_a_prompt_count_are_marked_in_its_text():
    text = "Bright Flutes; then a flute (no, really)."
    found = contents.prompt_entry(text, ["flute", "bright sound"], ["bright", "flutes", "flute"])
    assert [(text[start:end], aspects) for start, end, aspects in found["marks"]] == [
        ("Bright", ["bright sound"]),
        ("Flutes", ["flute"]),
        ("flute", ["flute"]),
    ]
    assert contents.prompt_entry("Woodwind.", ["flute"], ["pan flute"])["marks"] == []


def test_a_switch_is_read_by_the_column_that_is_there():
    table = [
        {
            "concept": "is_flute",
            "classifier": "svm",
            "sigma_switch": 3.0,
            "sigma_switch_low": 2.0,
            "sigma_switch_high": 5.0,
        }
    ]
    assert contents.switch_entries(table) == [{"concept": "is_flute", "probe": "svm", "sigma": [3.0, 2.0, 5.0]}]
    assert contents.switch_entries([{"concept": "is_flute", "classifier": "svm"}]) == []
