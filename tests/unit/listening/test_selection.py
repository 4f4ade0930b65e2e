import numpy as np
from musicologist.listening import selection


def test_probes_of_other_scales_count_alike():
    decisions = np.array([[0.1, 0.2, 0.3, 0.4], [40.0, 30.0, 20.0, 10.0]])
    assert selection.mean_rank(decisions).tolist() == [1.5] * 4
    assert selection.mean_rank(decisions[:1]).tolist() == [0, 1, 2, 3]


def test_best_median_and_worst_of_each_side():
    found = selection.ranked(np.array([5.0, 1.0, 3.0, 4.0, 2.0]), np.array([1, 1, 1, 0, -1]))
    assert found == selection.Ranked(asked=(0, 2, 1), other=(3,))
    assert [found.at("asked", place) for place in ("best", "median", "worst")] == [0, 2, 1]
    assert selection.Ranked((), ()).at("asked", "best") is None


def test_a_few_prompts_serve_every_concept():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (20, 60))
    concepts = {f"c{n:02d}": selection.ranked(random.standard_normal(60), labels[n]) for n in range(20)}
    wanted = selection.wanted(concepts)
    assert len(wanted) == 20 * 5
    chosen = selection.cover(wanted, list(range(60)), 24)
    assert len(chosen) == 24
    assert chosen == sorted(chosen)
    for name in concepts:
        assert any(wanted[key] in chosen for key in wanted if key[:2] == (name, "asked")), name
    filled = sum(clip in chosen for clip in wanted.values())
    assert filled > 1.3 * len(wanted) * 24 / 60  # what prompts taken at random fill
    assert selection.cover(wanted, list(range(60)), 24) == chosen


def test_all_candidates_are_taken_where_they_are_fewer_than_asked_for():
    assert selection.cover({}, [3, 1, 2], 9) == [3, 1, 2]


def test_notes_come_from_different_instruments_and_known_ones_are_taken_again():
    instruments = {f"n{i:02d}": f"i{i // 2}" for i in range(20)}
    labels = {note: int(i < 10) for i, note in enumerate(instruments)}
    found = selection.notes(instruments, labels, {"n03"}, 3)
    assert sorted(found) == [0, 1]
    assert found[1][0] == "n03"
    for side in found.values():
        assert len({instruments[note] for note in side}) == len(side) == 3
