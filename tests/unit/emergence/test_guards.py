import pytest
from musicologist.emergence import guards
from musicologist.figures import canvas

PROMPTS = {"n_pos_prompts": 5, "n_neg_prompts": 30}
NOTES = {"n_pos": 20, "n_neg": 20, "instruments_pos": 5, "instruments_neg": 5}
HELD_OUT = {"instruments_pos": 5, "instruments_neg": 6, "roc_auc": 0.8, "roc_auc_low": 0.51, "roc_auc_high": 0.95}

NO_INTERVAL = {"roc_auc_low": None, "roc_auc_high": None}


def doubts(prompts=(), train=(), held_out=()):
    """The few words and the whole warning about a probe with these changes."""
    report = {"train": NOTES | dict(train), "held_out": HELD_OUT | dict(held_out)}
    said = guards.warning(PROMPTS | dict(prompts), report)
    return canvas.doubts([{"classifier": "svm", "warning": said}]), said


@pytest.mark.parametrize(
    ("changed", "short", "sentence"),
    [
        ({"prompts": {"n_pos_prompts": 4}}, "few prompts", "only 4 ask for it and 30 do not"),
        ({"prompts": {"n_neg_prompts": 4}}, "few prompts", "only 5 ask for it and 4 do not"),
        ({"train": {"n_pos": 7, "n_neg": 7}}, "few notes", "7 notes with it and 7 without"),
        ({"train": {"instruments_neg": 4}}, "few instruments", "5 instruments with it and 4 without"),
        ({"held_out": {"roc_auc": 0.55, "roc_auc_low": 0.4}}, "probe at chance", "0.55 [0.40, 0.95]"),
        (
            {"held_out": NO_INTERVAL | {"roc_auc": 0.59}},
            "probe at chance",
            "5 and 6 instruments, too few for an interval",
        ),
    ],
)
def test_each_doubt_is_a_few_words_and_a_sentence(changed, short, sentence):
    words, said = doubts(**changed)
    assert words == short
    assert said.startswith(f"{short}: ") and sentence in said


def test_there_is_no_doubt_at_the_limits_and_several_are_said_one_after_the_other():
    assert doubts() == doubts(held_out=NO_INTERVAL) == ("", "")
    words, said = doubts({"n_pos_prompts": 2}, {"n_pos": 7, "instruments_pos": 2})
    assert words == "few prompts, few notes, few instruments"
    assert said.count(guards.BETWEEN) == 2


def test_a_doubt_about_one_probe_names_it():
    rows = [{"classifier": "logistic", "warning": ""}, {"classifier": "svm", "warning": "probe at chance: it may be"}]
    assert canvas.doubts(rows) == "probe at chance: svm"
    assert canvas.doubts([{"classifier": "svm"}]) == ""
