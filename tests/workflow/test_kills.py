"""kill -9 of writing scripts and two starts at once; benchmarks/kills.py does it to all of them, and to Snakemake."""

import random
import signal

import pytest

from tests.support import kills

WRITERS = ["pack_notes", "collect_embeddings", "measure_acoustics", "train_probe", "plot_atlas"]


@pytest.fixture(scope="module")
def jobs(finished):
    return kills.jobs(finished)


@pytest.mark.parametrize("rule", WRITERS)
def test_a_killed_script_leaves_nothing_half_and_the_next_start_clears_up(finished, jobs, rule):
    found = kills.kill_script(finished, jobs[rule], 2, random.Random(rule))
    assert found["kills"] >= 1


def test_every_rule_of_the_run_can_be_killed_by_itself(jobs):
    assert len(jobs) > 30 and set(WRITERS) < set(jobs)


def test_two_starts_at_once_give_one_run_and_one_sentence(finished):
    folder = finished / "results/small/concepts/is_brass"
    for path in [*folder.glob("scores_*"), *folder.glob("emergence.*")]:
        path.unlink()
    with kills.started(finished, finished.command()) as first:
        locks = finished / ".snakemake/locks"
        while first.poll() is None and not any(lock.stat().st_size for lock in locks.glob("*.output.lock")):
            pass  # Snakemake locks what it reads, then what it writes: between the two nobody is kept out
        first.send_signal(signal.SIGSTOP)  # it may not end before the second has looked
        try:
            second = finished.snakemake(terminal="")
        finally:
            first.send_signal(signal.SIGCONT)
        assert first.wait() == 0
    assert second.returncode == 1
    said = second.stdout + second.stderr
    assert "lock" in said and "Traceback" not in said
    assert not kills.leftovers(finished / "results")
