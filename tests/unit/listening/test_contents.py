from musicologist.concepts import definitions
from musicologist.listening import contents
from musicologist.listening.reading import Levels

from tests.support.simulated_run import CONCEPTS_FILE

LEVELS = Levels((0, 5), (100.0, 0.2), (-40.0, 14.0))
ROW = {"concept": "is_flute", "classifier": "svm", "signal": "noisy", "n_pos_prompts": 9, "n_neg_prompts": 30}


def rows(**changed):
    return [ROW | {"step": step, "roc_auc": 0.5 + step / 10} | changed for step in (5, 0)]


def test_a_curve_lies_over_the_levels_and_lacks_what_its_table_lacks():
    [curve] = contents.curves(rows(), LEVELS, {})
    assert curve["auc"] == [0.5, 1.0]
    assert curve["low"] == [None, None]
    assert curve["half_excess"] is None


def test_a_curve_has_its_answers_under_controls_from_the_card():
    card = {"curves": [{"classifier": "svm", "signal": "noisy", "under_controls": {"partialled": "not emerged"}}]}
    [curve] = contents.curves(rows(), LEVELS, card)
    assert curve["under_controls"] == {"partialled": "not emerged"}


def test_several_embedders_are_several_probes():
    table = [*rows(embedder="clap"), *rows(embedder="musicnn")]
    assert [curve["probe"] for curve in contents.curves(table, LEVELS, {})] == ["svm / clap", "svm / musicnn"]
    assert contents.probe_title("svm / musicnn") == "SVM, musicnn"


def test_a_definition_is_words():
    found = contents.definition(definitions.load(CONCEPTS_FILE)["is_flute"])
    assert found["notes"] == "family flute"
    assert found["notes_near"] == "family reed"
    assert found["asks"] == ["flute"]


def test_doubts_are_those_of_the_table_and_name_the_probe_that_they_are_about():
    assert contents.warnings(rows()) == contents.warnings(rows(warning="")) == []
    both = rows(warning="few notes: 7 with it and 7 without") + rows(
        classifier="logistic", warning="few notes: 7 with it and 7 without | probe at chance: its ROC-AUC is 0.55"
    )
    assert contents.warnings(both) == [
        {"short": "few notes", "sentence": "7 with it and 7 without."},
        {"short": "probe at chance", "sentence": "logistic regression: its ROC-AUC is 0.55."},
    ]
    [other] = contents.warnings(rows(warning="Words that the model does not know"))
    assert other == {"short": "warning", "sentence": "Words that the model does not know."}


def test_embedders_that_disagree_are_a_doubt():
    said = {
        "sentences": {"is_flute": "musicnn does not agree: no.", "is_bass": "musicnn agrees."},
        "disagree": {"is_flute": ["musicnn"], "is_bass": []},
    }
    sentence, [doubt] = contents.second_opinion("is_flute", said)
    assert doubt == {"short": "musicnn does not agree", "sentence": sentence}
    assert contents.second_opinion("is_bass", said) == ("musicnn agrees.", [])
    assert contents.second_opinion("is_bass", {}) == ("", [])
    tags = [{"signal": signal, "sentence": f"Its tags of {signal}."} for signal in ("noisy", "denoised")]
    assert contents.second_opinion("is_bass", said, tags) == ("musicnn agrees. Its tags of denoised.", [])
    assert contents.second_opinion("is_bass", {}, tags[:1]) == ("Its tags of noisy.", [])


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
