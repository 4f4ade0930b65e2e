"""Twelve shards as an array on a real Slurm, and everything that goes wrong on clusters.

After each fault, with the documented resume command where Snakemake itself has ended: exit code 0, the products of an
undisturbed run, no shard finished twice, never two writers on one shard.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.slurm.conftest import PATIENCE_S, SHARDS, Run, alone, ends, fill, kill

RESUME = [sys.executable, "-m", "snakemake_executor_plugin_safe_slurm"]  # what `make resume` begins with
ONCE = dict.fromkeys(SHARDS, 1)


@pytest.fixture
def check(run, undisturbed):
    """What must hold in the end."""

    def check(run: Run = run) -> None:
        assert run.products() == undisturbed, run.report()
        assert ends(run) == ONCE
        assert not any("two" in run.diary(shard) for shard in SHARDS)
        for shard in SHARDS:  # no attempt may have begun after the finished one
            assert run.diary(shard)[-1] == "end"

    return check


def test_an_array_with_fewer_slots_than_tasks_and_a_slow_first_task(run, check):
    run.fault("sleep 30", "00")
    assert run.finish("--jobs", "5") == 0, run.report()
    check()


def test_one_task_fails_once_and_two_at_the_same_time(run, check):
    run.fault("fail", "00", "04", "07")
    assert run.finish() == 0, run.report()
    check()
    assert [run.diary(shard).count("start") for shard in ("00", "04", "07", "01")] == [2, 2, 2, 1]


def test_the_log_is_where_snakemake_says_it_is(run):
    run.fault("fail", "03")
    assert run.finish("--retries", "0") == 1
    said = run.log.read_text()
    logs = {word.rstrip(").,") for word in said.split() if "logs/slurm/rule_generate_audio/" in word}
    kept = [log for log in logs if os.path.exists(log)]
    assert len(logs) == 12 and len(kept) == 1, "a successful task's log is removed"
    assert "out/shard_03.txt" in Path(kept[0]).read_text()
    assert "shard 03 fails" in said, "show-failed-logs prints the rule's own log"


def test_a_task_runs_into_its_time_limit(new_run, check):
    run = new_run(**{"runtime: 240": "runtime: 1"})
    run.fault("hang", "02")
    assert run.finish() == 0, run.report()
    assert "ended as TIMEOUT" in run.log.read_text()
    check(run)


def test_a_task_and_then_the_whole_array_is_cancelled(run, cluster, check):
    run.fault("hang", "00", "01")
    process = run.start()
    run.wait("start", "00", "01")
    cluster.call("scancel", run.slurm_id("00"))
    run.wait("end", "05")
    cluster.call("scancel", run.slurm_id("01").split("_")[0])
    assert process.wait(PATIENCE_S) == 0, run.report()
    check()


@alone
def test_a_task_is_preempted_with_a_grace_period(run, cluster, check):
    run.fault("hang", "00", "01", "02", "03")
    process = run.start("--retries", "0")
    run.wait("start", "00", "01", "02", "03")
    urgent = ("sbatch", "-p", "urgent", "-A", "lab", "-N2", "--gres=gpu:2", "-o", "/dev/null", "--wrap", "sleep 1")
    cluster.call(*urgent)
    assert process.wait(PATIENCE_S) == 0, run.report()
    check()
    assert run.diary("00").count("start") == 2, "Slurm itself has put it back into the queue"


@alone
def test_a_node_goes_down_with_tasks_and_comes_back(run, cluster, check):
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
    check()


@alone
def test_the_controller_restarts_and_the_accounting_stops(run, cluster, check):
    run.fault("sleep 5", "00", "01")
    process = run.start()
    run.wait("start", "00")
    cluster.stop("slurmdbd")
    cluster.stop("slurmctld")
    time.sleep(15)
    cluster.start_controller()
    assert process.wait(PATIENCE_S) == 0, run.report()
    cluster.start_accounting()
    check()


def test_snakemake_is_killed_and_started_again_while_tasks_go_on(run, cluster, check):
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
    check()


def test_snakemake_is_interrupted_and_started_again(run, cluster, check):
    run.fault("half", "01", "02")
    process = run.start()
    run.wait("start", "01", "02")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE_S) != 0
    subprocess.run(RESUME, cwd=run.path, check=True, timeout=PATIENCE_S)
    run.fault("", "go")
    assert run.finish() == 0, run.report()
    check()


def test_the_disk_is_full(run, scratch, check):
    (run.path / "out").symlink_to(scratch)
    run.fault("half", "05", "06", "07")  # one GPU is left for the others
    process = run.start("--retries", "0")
    run.wait("start", "05", "06", "07")
    fill(scratch / "ballast")
    run.fault("", "go")
    assert process.wait(PATIENCE_S) == 1, run.report()
    half = [text for text in run.products().values() if "begins" in text and "ends" not in text]
    assert half == [], "what failed was removed"
    (scratch / "ballast").unlink()
    assert run.finish() == 0, run.report()
    check()
