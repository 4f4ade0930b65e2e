"""What the official plugins do to arrays, and the same runs with ours: why profiles/slurm/plugin exists.

Where a test of the official plugin fails, upstream has mended it: try the profile without ours.
"""

import time

import pytest

from tests.slurm.conftest import PATIENCE_S

SAFE = pytest.param("safe", [], id="safe")


@pytest.mark.parametrize(
    ("profile", "options"), [pytest.param("official", ["--slurm-status-command", "squeue"], id="official"), SAFE]
)
def test_tasks_fail_when_the_first_is_slow(new_run, profile, options):
    """Bug A: they run inside a Snakemake that waits for the output of the first task's job, not of their own."""
    run = new_run(shards=3, profile=profile)
    run.fault("late", "task_1")
    process = run.start("--retries", "0", *options)
    run.wait_for(lambda: run.count("end") == 2, "two tasks are done")
    if profile == "official":
        run.wait_for(lambda: "Error in rule generate_audio" in run.report(), "a task that did nothing wrong failed")
    else:
        time.sleep(15)
    run.fault("", "go")
    code = process.wait(PATIENCE_S)
    if profile == "official":
        assert code == 1
    else:
        assert code == 0, run.report()
        assert "Error in rule" not in run.report()


@pytest.mark.parametrize(
    ("profile", "options"), [pytest.param("official", ["--slurm-status-command", "sacct"], id="official"), SAFE]
)
def test_half_of_an_output_is_accepted_when_the_last_task_is_done(new_run, profile, options):
    """Bug B: every task takes the state that the accounting has of the last one."""
    run = new_run(shards=3, profile=profile)
    run.fault("half", "task_1")
    process = run.start("--retries", "0", *options)
    run.wait_for(lambda: run.count("end") == 2, "two tasks are done")
    if profile == "safe":
        time.sleep(15)
        assert process.poll() is None
        run.fault("", "go")
    assert process.wait(PATIENCE_S) == 0, run.report()
    table = run.products()["table.txt"]
    assert table.count("begins") == 3
    assert table.count("ends") == (2 if profile == "official" else 3)


@pytest.mark.parametrize("profile", ["official", "safe"])
def test_far_fewer_slots_than_tasks_never_end(new_run, cluster, profile):
    """Bug C: a batch that is smaller than what else is ready is held back, for ever."""
    run = new_run(shards=5, profile=profile)
    process = run.start("--jobs", "2")
    run.wait_for(lambda: "Execute 2 jobs" in run.report(), "two jobs are selected")
    if profile == "official":
        time.sleep(20)
        assert process.poll() is None
        assert not cluster.jobs_of(run.path), "nothing was ever submitted"
    else:
        assert process.wait(PATIENCE_S) == 0, run.report()
