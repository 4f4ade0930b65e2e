import json
from pathlib import Path

import pytest
from musicologist.core.errors import UserError
from musicologist.probes import registry
from musicologist.workflow import configuration
from musicologist.workflow.provenance import code_digest

SCHEMA = json.loads(Path("config/schemas/config.schema.json").read_text(encoding="utf-8"))
CLASSIFIERS = SCHEMA["properties"]["probes"]["properties"]["classifiers"]
OWN = {"file": "examples/own_classifier.py"}


def test_the_schema_documents_the_librarys_own_classifiers_with_their_settings_and_defaults():
    assert list(CLASSIFIERS["properties"]) == list(registry.ADDRESSES)
    found = registry.configured({name: {} for name in registry.ADDRESSES}, "mine.yaml")
    for name, documented in CLASSIFIERS["properties"].items():
        defaults = {setting: part["default"] for setting, part in documented["properties"].items()}
        assert found[name].classifier.settings == defaults


def test_settings_that_are_not_given_have_their_defaults_and_options_keep_the_classifiers_order():
    found = registry.configured({"svm": {"gamma": [0.5, 2]}, "lda": {**OWN, "shrinkage": 0.01}}, "mine.yaml")
    assert found["svm"].options == "--grid C 1.0 --grid gamma 0.5 2"
    assert found["lda"].options == "--grid shrinkage 0.01"
    assert found["lda"].style == "--style lda 'linear discriminants' '' ''"
    assert list(found) == ["svm", "lda"]


def test_each_classifiers_file_is_what_its_probes_are_stale_by():
    found = registry.configured({"logistic": {}, "svm": {}, "lda": OWN}, "mine.yaml")
    assert {name: one.file.name for name, one in found.items()} == {
        "logistic": "logistic.py",
        "svm": "svm.py",
        "lda": "own_classifier.py",
    }
    assert len({code_digest(one.file) for one in found.values()}) == 3


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (
            {"svn": {"C": 1}},
            r"mine.yaml: probes.classifiers.svn is unknown; did you mean 'svm'\?, or say in which file",
        ),
        ({"lda": OWN | {"shrinkige": 1}}, r"unknown key probes.classifiers.lda.shrinkige; did you mean 'shrinkage'\?"),
        ({"card": OWN}, "probes.classifiers.card cannot be a classifier's name"),
        ({"LDA 2": OWN}, "probes.classifiers.LDA 2 cannot be a classifier's name"),
        ({"lda": {"file": "musicologist.probes.svm"}}, "lda.file is 'musicologist.probes.svm': expected a Python file"),
        ({"lda": {"file": "my/lda.py"}}, "my/lda.py does not exist"),
        ({"lda": OWN, "other": OWN}, "classifiers.lda and probes.classifiers.other both lie in a file named own_class"),
    ],
)
def test_an_entry_that_is_none_is_one_sentence(entries, sentence):
    check_against_the_schema(entries)
    with pytest.raises(UserError, match=sentence):
        registry.configured(entries, "mine.yaml")


def check_against_the_schema(entries):
    """It lets these through, so that it is the registry that must refuse them."""
    configuration.check(entries, CLASSIFIERS, "mine.yaml")


def test_the_schema_still_refuses_what_a_setting_cannot_be():
    with pytest.raises(UserError, match=r"mine.yaml: lda.shrinkage is 'auto' .*; expected"):
        check_against_the_schema({"lda": {**OWN, "shrinkage": "auto"}})
    with pytest.raises(UserError, match=r"mine.yaml: unknown key svm.file; expected one of C, gamma"):
        check_against_the_schema({"svm": OWN})


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import sys; sys.exit(0)", r"mine\.py ends the program where it is read"),
        (
            "from musicologist.probes import logistic\nclass Mine(logistic.Logistic):\n    settings = None\n",
            r"mine\.py: settings is 'None': expected values by name",
        ),
    ],
)
def test_an_own_file_that_ends_the_program_or_has_no_settings_is_a_sentence(tmp_path, code, sentence):
    (tmp_path / "mine.py").write_text(code)
    with pytest.raises(UserError, match=sentence):
        registry.configured({"mine": {"file": str(tmp_path / "mine.py")}}, "my.yaml")
