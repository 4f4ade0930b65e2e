import numpy as np
import pytest
from musicologist.prompts import agreement as prompts_agreement
from musicologist.prompts.tables import Annotation
from musicologist.statistics import agreement as statistics_agreement

RNG = np.random.default_rng(0)


def one(votes):
    return float(statistics_agreement.kappa(np.asarray(votes, float), np.ones((1, len(votes))))[0])


def test_two_passes_give_cohens_kappa_as_scikit_learn_has_it():
    from sklearn.metrics import cohen_kappa_score

    for _ in range(5):
        votes = (RNG.random((60, 2)) < [0.3, 0.5]).astype(int)
        assert one(votes) == pytest.approx(cohen_kappa_score(*votes.T))


def test_three_passes_give_fleiss_kappa_by_its_definition():
    votes = (RNG.random((60, 3)) < 0.4).astype(int)
    counts = np.stack([3 - votes.sum(1), votes.sum(1)], 1)
    observed = np.mean((counts**2).sum(1) - 3) / (3 * 2)
    expected = ((counts.sum(0) / counts.sum()) ** 2).sum()
    assert one(votes) == pytest.approx((observed - expected) / (1 - expected))


def test_the_extremes():
    alike = np.repeat([[1], [0], [1], [0]], 3, axis=1)
    assert one(alike) == 1
    assert one(alike[:, :2]) == 1
    assert one([[1, 0], [0, 1]] * 2) == -1
    assert np.isnan(one(np.zeros((4, 3))))
    assert np.isnan(one(np.ones((4, 2))))


def test_chance_alone_gives_nothing():
    votes = (RNG.random((20000, 3)) < 0.3).astype(int)
    assert abs(one(votes)) < 0.01


def test_weights_are_repeated_prompts():
    votes = (RNG.random((10, 3)) < 0.4).astype(float)
    times = np.array([3, 0, 1, 1, 2, 0, 1, 1, 0, 1])
    assert statistics_agreement.kappa(votes, times[None].astype(float))[0] == pytest.approx(
        one(np.repeat(votes, times, axis=0))
    )


def test_the_table_has_each_aspect_with_an_interval_around_kappa():
    truth = RNG.random(200) < 0.4
    passes = [[["flute"] if t != (RNG.random() < 0.1) else [] for t in truth] for _ in range(3)]
    rows = {row["aspect"]: row for row in prompts_agreement.table(passes, 500, 1)}
    assert len(rows) == 25
    flute = rows["flute"]
    assert flute["kappa_low"] < flute["kappa"] < flute["kappa_high"]
    assert 0.45 < flute["kappa"] < 0.75 and flute["kappa_high"] - flute["kappa_low"] < 0.25
    assert flute["statistic"] == "Fleiss' kappa" and flute["n_all"] < flute["n_majority"] < flute["n_any"]
    assert np.isnan(rows["organ"]["kappa"]) and np.isnan(rows["organ"]["kappa_low"])
    assert prompts_agreement.table(passes[:2], 10, 1)[0]["statistic"] == "Cohen's kappa"
    assert prompts_agreement.table(passes, 50, 1) != prompts_agreement.table(passes, 50, 2)


def test_intervals_cover_the_true_kappa_about_as_often_as_they_say():
    """Two passes with independent errors of 10 % on 40 % prevalence; kappa of the population is known."""
    rng = np.random.default_rng(1)
    share = 0.4 * 0.9 + 0.6 * 0.1
    observed, chance = 0.9**2 + 0.1**2, share**2 + (1 - share) ** 2
    true, covered = (observed - chance) / (1 - chance), 0
    for trial in range(40):
        truth = rng.random(150) < 0.4
        passes = [
            [["bass"] if t != e else [] for t, e in zip(truth, rng.random(150) < 0.1, strict=True)] for _ in range(2)
        ]
        row = prompts_agreement.table(passes, 150, trial)[0]
        covered += row["kappa_low"] <= true <= row["kappa_high"]
    assert covered >= 33  # of 40; 38 expected, fewer than 33 once in a thousand for a right interval


def test_the_majority_is_more_than_half():
    first = Annotation(("bass", "flute"), ("flute", "bass"), 120.0)
    second = Annotation(("flute",), ("flute", "flute", "odd"), 120.0)
    third = Annotation(("drum",), ("drum", "odd"), None)
    assert prompts_agreement.majority([first, second, third]) == Annotation(("flute",), ("flute", "odd"), 120.0)
    assert prompts_agreement.majority([first, third]) == Annotation((), (), None)
    assert prompts_agreement.majority([first]) == Annotation(("bass", "flute"), ("flute", "bass"), 120.0)
