import numpy as np
import pyarrow as pa
import pytest
from musicologist.core import parquet, results, results_writing
from musicologist.emergence import answers
from musicologist.emergence import answers as emergence_answers
from musicologist.emergence import curve as emergence_curve
from musicologist.emergence.tables import EMERGENCE
from musicologist.statistics import metrics, outcomes
from musicologist.statistics.simulation import Experiment
from scipy import stats

from tests.unit.emergence.test_curve import SETTINGS, random_areas, trajectory


def curve(p=0.001, half_excess=10.0, p_first=0.5, p_last=0.001, rise=0.1, **more):
    nothing = {"value": None, "low": None, "high": None}
    found = {"p": p, "p_first": p_first, "p_last": p_last, "p_random": 0.5, "p_monotone": 1.0, "half_rise": nothing}
    half = dict.fromkeys(nothing, half_excess) | {"censored": half_excess == 100}
    return found | {"rise": {"low": rise}, "logistic": nothing, "onset": nothing, "half_excess": half} | more


def keys(*names):
    return [(name, "svm", "noisy") for name in names]


def test_concepts_are_corrected_for_their_number_within_classifier_and_signal():
    p = [0.001, 0.02, 0.03, 0.2, 0.9]
    curves = dict(zip(keys(*"abcde"), map(curve, p), strict=True)) | {("a", "svm", "denoised"): curve(0.04)}
    found = emergence_answers.conclude(curves)
    assert [found[key]["q"] for key in keys(*"abcde")] == pytest.approx(stats.false_discovery_control(p))
    assert found["a", "svm", "denoised"]["q"] == 0.04


def test_the_four_answers():
    at_first = {"half_excess": 100.0, "p_first": 0.01}
    expected = {
        outcomes.EMERGED: [{}, {"p_first": 0.01}],
        outcomes.FROM_THE_START: [at_first, at_first | {"rise": -0.1}],
        outcomes.UNRESOLVED: [{"half_excess": 100.0}, {"rise": -0.01}, {"rise": None}, {"rise": -0.1, "p_first": 0.01}],
        outcomes.NOT_EMERGED: [{"p": 0.3}, {"p": None}, {"p_last": 0.2}, at_first | {"p_last": 0.1}],
    }
    for said, changes in expected.items():
        curves = {(f"concept {n}", "svm", "noisy"): curve(**changed) for n, changed in enumerate(changes)}
        answers = [emergence_answers.conclude({key: one})[key]["answer"] for key, one in curves.items()]
        assert answers == [said] * len(changes)
    found = emergence_answers.conclude({("a", "svm", "noisy"): curve(), ("b", "svm", "noisy"): curve(p=0.3)})
    assert found["a", "svm", "noisy"]["half_excess_sigma"] == 10
    assert np.isnan(found["b", "svm", "noisy"]["half_excess_sigma"])


def test_random_concepts_and_monotone_curves_are_corrected_for_the_number_of_concepts():
    p = [0.01, 0.02, 0.04, 0.9]
    curves = {key: curve(p_random=one, p_monotone=one) for key, one in zip([*keys(*"abcd")], p, strict=True)}
    found = emergence_answers.conclude(curves)
    assert [found[key]["q_random"] for key in keys(*"abcd")] == pytest.approx(stats.false_discovery_control(p))
    assert [found[key]["beats_random"] for key in keys(*"abcd")] == [1, 1, 0, 0]
    assert [found[key]["monotone"] for key in keys(*"abcd")] == [0, 0, 1, 1]


def test_answers_under_a_control_are_corrected_by_themselves():
    curves = {("a", "svm", "noisy", "partialled"): curve(p=0.04), ("b", "svm", "noisy", "partialled"): curve(p=0.9)}
    found = emergence_answers.of_controls(curves | {("a", "svm", "noisy", "conditional"): curve(p=0.04)})
    assert found["a", "svm", "noisy"] == {"partialled": "not emerged", "conditional": "emerged"}
    assert found["b", "svm", "noisy"] == {"partialled": "not emerged"}


def test_what_is_there_from_the_start_shares_the_first_place_and_what_never_came_has_none():
    """Although it rises further: the strongest concept at the first level is not the last of the order."""
    at_first = {"half_excess": 100.0, "p_first": 0.01}
    summaries = [curve(), curve(), curve(**at_first), curve(**at_first), curve(p=0.9), curve(half_excess=100.0)]
    curves = dict(zip(keys(*"abcdef"), summaries, strict=True))
    rng = np.random.default_rng(0)
    first = np.log(100)
    drawn = [np.minimum(rng.normal(mean, 0.3, 101), first) for mean in (1.0, 3.0)]
    drawn += [
        np.full(101, first),
        np.where(np.arange(101) % 5 == 1, 2.0, first),
        np.full(101, first),
        np.full(101, first),
    ]
    times = dict(zip(keys(*"abcdef"), drawn, strict=True))
    times |= {(name, "logistic", "noisy"): values for (name, _, _), values in times.items()}
    curves |= {(name, "logistic", "noisy"): entry for (name, _, _), entry in curves.items()}
    concluded = emergence_answers.conclude(curves)
    found = answers.ordering(answers.times(times, concluded), concluded)
    svm = found["orders"][1]
    assert (svm["classifier"], [row["concept"] for row in svm["concepts"]]) == ("svm", ["c", "d", "b", "a"])
    assert [row["rank"] for row in svm["concepts"]] == [1.5, 1.5, 3, 4]
    start, other = svm["concepts"][:2]
    assert (start["rank_low"], start["rank_high"]) == (1, 1.5)  # in some draws the other falls behind
    assert other["rank_low"] < other["rank_high"]
    assert (start["answer"], start["half_excess_sigma"], start["half_excess_censored"]) == (
        "there from the start",
        100,
        1,
    )
    assert [row["concept"] for row in svm["unresolved"]] == ["f"]
    assert svm["before"][2][3] > 0.95 and svm["before"][0][2] == 1
    [agreed] = found["agreement"]
    assert (agreed["concepts"], agreed["tau_b"]) == (4, 1)


def test_nothing_emerged_is_an_order_too():
    concluded = emergence_answers.conclude({("a", "svm", "noisy"): curve(p=0.9)})
    found = answers.ordering(answers.times({("a", "svm", "noisy"): np.zeros(5)}, concluded), concluded)
    assert found["orders"] == [{"classifier": "svm", "signal": "noisy", "concepts": [], "unresolved": [], "before": []}]


def test_measured_rows_with_their_conclusion_are_the_table_emergence(tmp_path):
    made, _ = trajectory(Experiment(prompts=20, positives=6))
    measured = emergence_curve.measure(made, random_areas(), SETTINGS)
    key = ("is_brass", "svm", "noisy")
    concluded = emergence_answers.conclude({key: results_writing.without_nan(measured.summary)})[key]
    names = dict(zip(("concept", "classifier", "signal"), key, strict=True))
    said = {"warning": "few prompts: 4"}
    rows = [names | row | concluded | said for row in measured.rows]
    results_writing.write(tmp_path / "answers.csv", rows)
    parquet.write(tmp_path / "answers.parquet", EMERGENCE, pa.Table.from_pylist(results.read(tmp_path / "answers.csv")))
    assert parquet.read(tmp_path / "answers.parquet", EMERGENCE).num_rows == 7
    assert {f"{name}_low" for name in metrics.METRICS} <= rows[0].keys()
    table = emergence_curve.landmark_table({key[1:]: measured, ("logistic", "noisy"): measured})
    half_excesses = emergence_curve.half_excesses(table)
    assert sorted(half_excesses) == [("logistic", "noisy"), ("svm", "noisy")]
    assert np.array_equal(half_excesses["svm", "noisy"], measured.landmarks.half_excess, equal_nan=True)
