import json
import subprocess
import sys
from pathlib import Path

import pytest
from musicologist.concepts import definitions
from musicologist.prompts.lexicon_agreement import (
    MEASURED,
    Agreement,
    doubt,
    macro_f1,
    measure,
    micro_f1,
    weak_aspects,
)
from musicologist.vocabulary.aspects import ASPECTS

PROGRAM = Path(__file__).parents[3] / "benchmarks" / "check_lexicon.py"
CONCEPTS = definitions.load("config/concepts.yaml")


def test_agreement_counts_uses_by_either_and_by_both():
    agreement = measure([("bass", "drum"), ("bass",), ()], [("bass",), ("reed",), ("reed",)])
    assert tuple(agreement) == ASPECTS
    assert agreement["bass"] == Agreement(2, 1, 1)
    assert (agreement["bass"].precision, agreement["bass"].recall) == (1.0, 0.5)
    assert agreement["bass"].f1 == pytest.approx(2 / 3)
    assert (agreement["drum"].precision, agreement["drum"].f1) == (None, 0.0)
    assert agreement["vocal"].f1 is None
    assert micro_f1(agreement) == pytest.approx(2 * 1 / 6)
    assert macro_f1(agreement) == pytest.approx((2 / 3) / 3)


def test_agreement_of_nothing_is_zero():
    assert micro_f1(measure([], [])) == macro_f1(measure([], [])) == 0.0


def test_the_measured_figures_cover_the_vocabulary_and_are_possible():
    assert tuple(MEASURED) == ASPECTS
    assert all(one.both <= min(one.given, one.found) for one in MEASURED.values())
    assert micro_f1(MEASURED) >= 0.75 and macro_f1(MEASURED) >= 0.62


def test_a_concept_is_weak_where_an_aspect_it_asks_for_is_read_badly_or_seldom_used():
    measured = dict.fromkeys(ASPECTS, Agreement(50, 50, 45))
    assert weak_aspects(CONCEPTS["is_brass"].positive_aspects, measured) == {}
    assert doubt({"is_brass": CONCEPTS["is_brass"].positive_aspects}, measured) == ""
    badly = measured | {"brass": Agreement(50, 50, 24)}
    assert weak_aspects(CONCEPTS["is_brass"].positive_aspects, badly) == {"brass": "F1 0.48"}
    seldom = measured | {"brass": Agreement(9, 9, 9)}
    assert weak_aspects(CONCEPTS["is_brass"].positive_aspects, seldom) == {"brass": "used by 9: too few to say"}
    near = measured | {"reed": Agreement(50, 50, 0)}
    assert weak_aspects(CONCEPTS["is_brass"].positive_aspects, near) == {}


def test_the_sentence_names_concepts_aspects_and_figures():
    measured = dict.fromkeys(ASPECTS, Agreement(50, 50, 45)) | {"synthetic": Agreement(20, 20, 8)}
    asked = {name: CONCEPTS[name].positive_aspects for name in ("is_brass", "is_synthetic")}
    sentence = doubt(asked | {"is_mine": ("an aspect of the user's own",)}, measured)
    assert "synthetic (F1 0.40)" in sentence and "the labels of is_synthetic: look" in sentence
    assert "is_brass" not in sentence and "is_mine" not in sentence


def run(*arguments):
    return subprocess.run([sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, check=False)


def test_the_program_prints_the_agreement_by_aspect_and_the_tags_it_does_not_know(tmp_path):
    records = [
        {"prompt": "A tune for tuba", "aspects": ["brass", "acoustic"], "bpm": None},
        {"prompt": "A tune for oboe", "aspects": ["reed", "electronic", "squeaky"], "bpm": 90},
    ]
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    done = run(str(path))
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert done.returncode == 0
    assert lines["brass"] == ["brass", "1", "1", "1.00", "1.00", "1.00"]
    assert lines["acoustic"] == ["acoustic", "1", "2", "0.50", "1.00", "0.67"]
    assert lines["electronic"] == ["electronic", "1", "0", "–", "0.00", "0.00"]
    assert "2 prompts: micro-F1 0.750, macro-F1 0.667" in done.stdout
    assert "squeaky (1)" in done.stdout


def test_the_program_says_in_one_sentence_what_is_wrong_with_a_file(tmp_path):
    done = run(str(tmp_path / "none.json"))
    assert done.returncode == 1
    assert "none.json does not exist" in done.stderr and "Traceback" not in done.stderr
