import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet, results
from musicologist.emergence import answers
from musicologist.emergence import answers as emergence_answers
from musicologist.emergence import curve as emergence_curve
from musicologist.emergence.tables import EMERGENCE
from musicologist.statistics import metrics
from musicologist.statistics.simulation import Experiment
from scipy import stats

from tests.unit.emergence.test_curve import SETTINGS, random_areas, trajectory


def curve(p=0.001, onset=10.0, half_rise=12.0):
    nothing = {"value": None, "low": None, "high": None}
    found = {"p": p, "p_random": 0.5, "highest_sigma": 100.0, "rise": nothing, "logistic": nothing}
    for name, value in (("onset", onset), ("half_rise", half_rise)):
        found[name] = {"value": value, "low": value, "high": value} if value else nothing
    return found


def keys(*names):
    return [(name, "svm", "noisy") for name in names]


def test_concepts_are_corrected_for_their_number_within_classifier_and_signal():
    p = [0.001, 0.02, 0.03, 0.2, 0.9]
    curves = dict(zip(keys(*"abcde"), map(curve, p), strict=True)) | {("a", "svm", "denoised"): curve(0.04)}
    found = emergence_answers.conclude(curves)
    assert [found[key]["q"] for key in keys(*"abcde")] == pytest.approx(stats.false_discovery_control(p))
    assert found["a", "svm", "denoised"]["q"] == 0.04


def test_the_three_answers():
    curves = dict(zip(keys(*"abcd"), [curve(), curve(onset=100.0), curve(p=0.3), curve(onset=None)], strict=True))
    found = emergence_answers.conclude(curves)
    answers = [found[key]["answer"] for key in keys(*"abcd")]
    assert answers == [
        emergence_answers.EMERGED,
        emergence_answers.FROM_THE_START,
        emergence_answers.NOT_EMERGED,
        emergence_answers.NOT_EMERGED,
    ]
    assert found[keys("a")[0]]["half_rise_sigma"] == 12
    assert np.isnan(found[keys("c")[0]]["half_rise_sigma"])


def test_the_order_puts_first_what_was_there_first_and_leaves_out_what_never_came():
    curves = dict(zip(keys(*"abcd"), [curve(), curve(), curve(onset=100.0, half_rise=None), curve(p=0.9)], strict=True))
    rng = np.random.default_rng(0)
    half_rises = dict(zip(keys(*"abcd"), (rng.normal(mean, 0.3, 101) for mean in (1.0, 3.0, 0.0, 5.0)), strict=True))
    half_rises |= {(name, "logistic", "noisy"): values for (name, _, _), values in half_rises.items()}
    curves |= {(name, "logistic", "noisy"): entry for (name, _, _), entry in curves.items()}
    found = answers.ordering(answers.times(half_rises, emergence_answers.conclude(curves)))
    svm = found["orders"][1]
    assert (svm["classifier"], [row["concept"] for row in svm["concepts"]]) == ("svm", ["c", "b", "a"])
    assert [row["rank"] for row in svm["concepts"]] == [1, 2, 3]
    assert svm["before"][1][2] > 0.95 and svm["before"][0][1] == 1
    assert found["agreement"] == [
        {"signal": "noisy", "first": "logistic", "second": "svm", "concepts": 3, "tau_b": 1, "low": 1, "high": 1}
    ]


def test_nothing_emerged_is_an_order_too():
    curves = {("a", "svm", "noisy"): curve(p=0.9)}
    found = answers.ordering(answers.times({("a", "svm", "noisy"): np.zeros(5)}, emergence_answers.conclude(curves)))
    assert found["orders"] == [{"classifier": "svm", "signal": "noisy", "concepts": [], "before": []}]


def test_measured_rows_with_their_conclusion_are_the_table_emergence(tmp_path):
    made, _ = trajectory(Experiment(prompts=20, positives=6))
    measured = emergence_curve.measure(made, random_areas(), SETTINGS)
    key = ("is_brass", "svm", "noisy")
    concluded = emergence_answers.conclude({key: results.without_nan(measured.summary)})[key]
    names = dict(zip(("concept", "classifier", "signal"), key, strict=True))
    rows = [names | row | concluded for row in measured.rows]
    results.write(tmp_path / "answers.csv", rows)
    parquet.write(tmp_path / "answers.parquet", EMERGENCE, pa.Table.from_pylist(results.read(tmp_path / "answers.csv")))
    assert parquet.read(tmp_path / "answers.parquet", EMERGENCE).num_rows == 7
    assert {f"{name}_low" for name in metrics.METRICS} <= rows[0].keys()
    table = emergence_curve.landmark_table({key[1:]: measured, ("logistic", "noisy"): measured})
    half_rises = emergence_curve.half_rises(table)
    assert sorted(half_rises) == [("logistic", "noisy"), ("svm", "noisy")]
    assert np.array_equal(half_rises["svm", "noisy"], measured.landmarks.half_rise, equal_nan=True)
