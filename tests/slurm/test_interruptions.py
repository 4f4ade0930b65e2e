"""Twelve shards as an array on a real Slurm, and what happens to the cluster and to Snakemake itself.

After each fault, with the documented resume command where Snakemake itself has ended: exit code 0, the products of an
undisturbed run, no shard finished twice, never two writers on one shard (the fixture ``check``).
"""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.slurm.conftest import PATIENCE_S, kill

RESUME = [sys.executable, "-m", "snakemake_executor_plugin_safe_slurm"]  # what `make resume` begins with


@pytest.mark.alone
def test_a_task_is_preempted_with_a_grace_period(new_run, cluster, check):
    run = new_run(shards=5)
    run.fault("hang", "00", "01", "02", "03")
    process = run.start("--retries", "0")
    run.wait("start", "00", "01", "02", "03")
    urgent = ("sbatch", "-p", "urgent", "-A", "lab", "-N2", "--gres=gpu:2", "-o", "/dev/null", "--wrap", "sleep 1")
    cluster.call(*urgent)
    assert process.wait(PATIENCE_S) == 0, run.report()
    check(run)
    assert run.diary("00").count("start") == 2, "Slurm itself has put it back into the queue"


@pytest.mark.alone
def test_a_node_goes_down_with_tasks_and_comes_back(new_run, cluster, check):
    run = new_run(shards=5)
    run.fault("hang", "00", "01", "02", "03")
    process = run.start("--retries", "0")
    run.wait("start", "00", "01", "02", "03")
    cluster.call("scontrol", "update", "nodename=gpu01", "state=down", "reason=test")
    time.sleep(5)
    cluster.call("scontrol", "update", "nodename=gpu01", "state=resume")
    for shard in ("00", "01", "02", "03"):  # those on the other node still hang
        if run.diary(shard).count("start") == 1:
            cluster.call("scontrol", "requeue", run.slurm_id(shard), check=False)
    assert process.wait(PATIENCE_S) == 0, run.report()
    check(run)


@pytest.mark.alone
def test_the_controller_restarts_and_the_accounting_stops(new_run, cluster, check):
    run = new_run(shards=6)
    run.fault("sleep 5", "00", "01")
    process = run.start()
    run.wait("start", "00")
    cluster.stop("slurmdbd")
    cluster.stop("slurmctld")
    time.sleep(15)
    cluster.start_controller()
    assert process.wait(PATIENCE_S) == 0, run.report()
    cluster.start_accounting()
    check(run)


def test_snakemake_is_killed_and_started_again_while_tasks_go_on(new_run, check):
    run = new_run(shards=6)
    run.fault("half", "01", "02")
    process = run.start()
    run.wait("start", "01", "02")
    kill(process)
    subprocess.run(run.command("--unlock"), cwd=run.path, check=True, capture_output=True)
    assert run.finish() == 1, "jobs of the earlier run are still there"
    assert "`make resume` waits for them" in run.log.read_text()
    run.fault("", "go")
    subprocess.run(RESUME, cwd=run.path, check=True, timeout=PATIENCE_S)
    submitted = run.log.read_text().count("has been submitted")
    assert run.finish() == 0, run.report()
    assert run.log.read_text().count("has been submitted") == submitted, "what the orphans finished is kept"
    check(run)


def test_snakemake_is_interrupted_and_started_again(new_run, check):
    run = new_run(shards=7)
    # A task that is cancelled between its product and its end is rightly run again: none is there when the signal comes.
    run.fault("half", *(f"task_{number}" for number in range(3, 8)))
    process = run.start()
    run.wait_for(
        lambda: run.log.read_text().count("Finished jobid") == 2 and run.count("start") >= 4,
        "two tasks are finished, two wait in mid-course",
    )
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE_S) != 0
    subprocess.run(RESUME, cwd=run.path, check=True, timeout=PATIENCE_S)
    run.fault("", "go")
    assert run.finish() == 0, run.report()
    check(run)
