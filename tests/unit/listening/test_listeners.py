import csv

import numpy as np
import pytest
from musicologist.core.errors import UserError
from musicologist.listening import listeners

SIGMA = np.geomspace(100, 0.2, 8)


def simulated(threshold: float, seed: int, trials: int = 12, guess: float = 0.1, lapse: float = 0.05) -> list[dict]:
    """A listener with a logistic psychometric function of log sigma, on clips with and without the concept."""
    random = np.random.default_rng(seed)
    heard = guess + (1 - guess - lapse) / (1 + np.exp((np.log(SIGMA) - np.log(threshold)) / 0.4))
    rows = []
    for trial in range(2 * trials):
        asked = trial % 2
        for step, sigma in enumerate(SIGMA):
            yes = random.random() < (heard[step] if asked else guess)
            row = {"listener": f"l{seed}", "concept": "is_flute", "prompt_id": trial, "sample": 0, "asked": asked}
            rows.append({**row, "signal": "noisy", "step": step, "sigma": sigma, "answer": "yes" if yes else "no"})
    return rows


def save(path, rows):
    with open(path, "w", newline="") as stream:
        table = csv.DictWriter(stream, rows[0])
        table.writeheader()
        table.writerows(rows)
    return path


@pytest.mark.parametrize("threshold", [2.0, 5.0, 15.0])
def test_the_interval_of_a_simulated_listener_covers_the_known_threshold(tmp_path, threshold):
    covered = []
    for seed in range(20):
        answers = listeners.read(save(tmp_path / "a.csv", simulated(threshold, seed)), ["is_flute"])
        row = listeners.measure(answers, 400, 1)[0]
        assert row["threshold_sigma_low"] < row["threshold_sigma"] < row["threshold_sigma_high"]
        covered.append(row["threshold_sigma_low"] <= threshold <= row["threshold_sigma_high"])
    assert np.mean(covered) >= 0.8


def test_curves_rise_and_the_area_is_that_of_ratings(tmp_path):
    answers = listeners.read(save(tmp_path / "a.csv", simulated(5.0, 1, trials=40)), ["is_flute"])
    rows = listeners.measure(answers, 200, 1)
    assert [row["step"] for row in rows] == list(range(8))
    assert rows[0]["roc_auc"] == pytest.approx(0.5, abs=0.1)
    assert rows[-1]["roc_auc"] > 0.85
    assert rows[-1]["roc_auc_low"] < rows[-1]["roc_auc"] < rows[-1]["roc_auc_high"]
    assert rows[-1]["yes_share"] == pytest.approx(0.95, abs=0.06)
    assert rows[-1]["false_share"] == pytest.approx(0.1, abs=0.1)
    assert rows[0]["listeners"] == 1


def test_unsure_counts_a_half_and_what_cannot_be_said_is_left_out(tmp_path):
    rows = [row | {"prompt_id": 0, "asked": 1, "answer": "unsure"} for row in simulated(5.0, 1, trials=1)]
    found = listeners.measure(listeners.read(save(tmp_path / "a.csv", rows), ["is_flute"]), 200, 1)
    assert {row["yes_share"] for row in found} == {0.5}
    assert {row["yes_share_low"] for row in found} == {row["roc_auc"] for row in found} == {None}
    assert {row["threshold_sigma"] for row in found} == {None}


MISTAKES = {
    "another concept": (
        {"concept": "is_flut"},
        r"line 2: the concept 'is_flut' is not in this run; did you mean 'is_flute'",
    ),
    "another answer": ({"answer": "maybe"}, "line 2: found the answer 'maybe', expected yes, no or unsure"),
    "no number": ({"sigma": "loud"}, "line 2: could not convert string to float: 'loud'"),
    "no noise level": ({"sigma": 0}, "a sigma above 0, found 1 and 0.0"),
    "a number below 0": ({"sample": -1}, r"from 0 to 2147483647, found \(0, -1, 0\)"),
    "a number that no table holds": ({"step": 10**12}, "from 0 to 2147483647"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes_are_one_sentence(tmp_path, what):
    change, sentence = MISTAKES[what]
    rows = simulated(5.0, 1, trials=1)
    rows = [{**rows[0], "asked": 1, **change}]
    with pytest.raises(UserError, match=sentence):
        listeners.read(save(tmp_path / "a.csv", rows), ["is_flute", "is_brass"])


def test_a_file_without_its_columns_or_a_place_without_files(tmp_path):
    (tmp_path / "a.csv").write_text("concept,answer\nis_flute,yes\n")
    with pytest.raises(UserError, match="has no column 'listener'"):
        listeners.read(tmp_path / "a.csv", ["is_flute"])
    (tmp_path / "b.csv").write_bytes(bytes(range(256)))
    with pytest.raises(UserError, match="no readable CSV"):
        listeners.read(tmp_path / "b.csv", ["is_flute"])
    with pytest.raises(UserError, match="does not exist"):
        listeners.files([tmp_path / "nothing"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"holds no \.csv file"):
        listeners.files([tmp_path / "empty"])
    assert listeners.files([tmp_path]) == [tmp_path / "a.csv", tmp_path / "b.csv"]


def test_a_second_export_that_begins_with_the_first_is_counted_once(tmp_path):
    rows = simulated(5.0, 1, trials=4)
    first, all_of_it = save(tmp_path / "a.csv", rows[:20]), save(tmp_path / "a (1).csv", rows)
    save(tmp_path / "a (2).csv", rows)
    other = save(tmp_path / "b.csv", simulated(5.0, 2, trials=4))
    answers, repeated = listeners.gathered([tmp_path], ["is_flute"])
    assert repeated == [tmp_path / "a (2).csv", first]
    assert answers == [*listeners.read(all_of_it, ["is_flute"]), *listeners.read(other, ["is_flute"])]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"run": "other"}, r"run is 'demo' in .*a\.csv and 'other' in .*b\.csv: give the answers .* of one run"),
        ({"sigma": 7.0}, r"sigma of step 0 is 100\.0 in .*a\.csv and 7\.0 in .*b\.csv"),
        ({"asked": 1}, r"asked of is_flute, prompt 0 is 0 in .*a\.csv and 1 in .*b\.csv"),
    ],
)
def test_answers_of_two_runs_are_not_mixed(tmp_path, change, sentence):
    rows = [{**row, "run": "demo"} for row in simulated(5.0, 1, trials=1)]
    save(tmp_path / "a.csv", rows)
    save(tmp_path / "b.csv", [{**rows[0], "listener": "l2", **change}])
    with pytest.raises(UserError, match=sentence):
        listeners.gathered([tmp_path], ["is_flute"])


def test_a_column_that_stands_twice_is_a_sentence(tmp_path):
    save(tmp_path / "a.csv", simulated(5.0, 1, trials=1))
    head, rest = (tmp_path / "a.csv").read_text().split("\n", 1)
    (tmp_path / "a.csv").write_text(f"{head},answer\n{rest}")
    with pytest.raises(UserError, match="the column answer stands twice"):
        listeners.read(tmp_path / "a.csv", ["is_flute"])
