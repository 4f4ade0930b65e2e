"""The programs that check and time the statistics, with a few experiments on little data."""

import numpy as np
import pytest
from musicologist.statistics.simulation import Experiment

from benchmarks import check_statistics, time_statistics

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("positives", [5, 20])
def test_intervals_over_prompts_cover_and_intervals_over_clips_do_not(positives):
    experiment = Experiment(prompts=60, positives=positives, samples=6, size=4)
    covered = np.mean([check_statistics.areas(experiment, seed) for seed in range(40)], axis=0)
    assert covered[0] > 0.88
    assert covered[1] < 0.85


def test_the_interval_of_sigma50_covers():
    covered = [check_statistics.sigma50(Experiment(prompts=100, samples=2, size=4), seed) for seed in range(15)]
    assert np.mean(covered, axis=0).min() > 0.7


def test_flat_curves_are_not_called_emerged_although_their_onset_is_late():
    called = np.mean([check_statistics.flat(10, seed) for seed in range(20)], axis=0)
    assert called[0] < 0.15 < called[1] + 0.1
    assert np.mean([check_statistics.first_place(seed) for seed in range(10)], axis=0).tolist() == [1, 0]


def test_landmarks_lags_and_correlations_have_intervals_that_cover():
    for experiment in check_statistics.HALF_EXCESS.values():
        assert np.mean([check_statistics.half_excess(experiment, seed) for seed in range(12)]) > 0.7
    assert np.nanmean([check_statistics.lag(40, seed)[0] for seed in range(12)]) > 0.7
    assert np.mean([check_statistics.high_area(seed) for seed in range(40)], axis=0)[0] > 0.9
    assert np.mean([check_statistics.intraclass(seed) for seed in range(100)], axis=0)[0] > 0.88


def test_a_concept_heard_through_another_loses_its_curve_without_it():
    conditional, raw, own = np.mean([check_statistics.named_together(seed) for seed in range(60)], axis=0)
    assert conditional < 0.15 < raw
    assert own > conditional + 0.2


def test_real_concepts_are_found_and_others_are_not(monkeypatch):
    monkeypatch.setattr(check_statistics, "CONCEPTS", 10)
    false, true = np.mean([check_statistics.discoveries(5, seed) for seed in range(3)], axis=0)
    assert false < 0.2
    assert true > 0.5


def test_a_line_that_falls_short_is_said_and_remembered(capsys):
    check = check_statistics.Checks()
    check.within("good one", np.repeat([1, 1, 0], [80, 15, 5]), 0.92, 0.98)
    assert not check.failed
    check.fails("too good", np.repeat([1, 0], [95, 5]), 0.92, 0.98)
    assert check.failed
    assert "BAD    too good: 0.950" in capsys.readouterr().out


def test_all_statistics_run_on_tables_and_stay_within_their_limits(monkeypatch, capsys):
    sizes = ["--concepts=2", "--levels=5", "--prompts=30", "--samples=2", "--notes=60", "--random-concepts=30"]
    monkeypatch.setattr("sys.argv", ["time_statistics.py", *sizes, "--resamples=100", "--permutations=100"])
    with pytest.raises(SystemExit) as left:
        time_statistics.main()
    assert left.value.code == 0
    assert "all statistics" in capsys.readouterr().out
