"""Some shards as an array on a real Slurm, and what goes wrong in tasks.

After each fault, with the documented resume command where Snakemake itself has ended: exit code 0, the products of an
undisturbed run, no shard finished twice, never two writers on one shard (the fixture ``check``).
"""

import os
import re
from pathlib import Path

from tests.slurm.conftest import PATIENCE_S, fill


def test_an_array_with_fewer_slots_than_tasks_and_a_slow_first_task(new_run, check):
    run = new_run(shards=8)
    run.fault("sleep 20", "00")
    assert run.finish("--jobs", "5") == 0, run.report()
    check(run)


def test_one_task_fails_once_and_two_at_the_same_time(new_run, check):
    run = new_run(shards=6)
    run.fault("fail", "00", "03", "05")
    assert run.finish() == 0, run.report()
    check(run)
    assert [run.diary(shard).count("start") for shard in run.shards] == [2, 1, 1, 2, 1, 2]


def test_the_log_is_where_snakemake_says_it_is(new_run):
    run = new_run(shards=3)
    run.fault("fail", "01")
    assert run.finish("--retries", "0") == 1
    said = run.log.read_text()
    logs = set(re.findall(r"/\S+/logs/slurm/rule_generate_audio/\w+\.log", said))
    kept = [log for log in logs if os.path.exists(log)]
    assert len(logs) == 3 and len(kept) == 1, "a successful task's log is removed"
    assert "out/shard_01.txt" in Path(kept[0]).read_text()
    assert "shard 01 fails" in said, "show-failed-logs prints the rule's own log"


def test_a_task_runs_into_its_time_limit(new_run, check):
    run = new_run(shards=3, **{"runtime: 240": "runtime: 1"})
    run.fault("hang", "02")
    assert run.finish() == 0, run.report()
    assert "ended as TIMEOUT" in run.log.read_text()
    check(run)


def test_a_task_and_then_the_whole_array_is_cancelled(new_run, cluster, check):
    run = new_run(shards=6)
    run.fault("hang", "00", "01")
    process = run.start()
    run.wait("start", "00", "01")
    cluster.call("scancel", run.slurm_id("00"))
    run.wait("end", "05")
    array, hanging = run.slurm_id("01").split("_")
    # A task that is cancelled between its product and its end is rightly run again: only what hangs or waits is cancelled here.
    cluster.call("scontrol", "hold", array, check=False)  # says no where nothing waits any more
    underway = ("squeue", "--noheader", "--jobs", array, "--states", "RUNNING,COMPLETING", "--format", "%K")
    run.wait_for(lambda: cluster.call(*underway) == hanging, f"only task {hanging} of array {array} is under way")
    cluster.call("scancel", array)
    assert process.wait(PATIENCE_S) == 0, run.report()
    check(run)


def test_the_disk_is_full(new_run, scratch, check):
    run = new_run(shards=5)
    (run.path / "out").symlink_to(scratch)
    run.fault("half", "01", "02", "03")  # one GPU is left for the others
    process = run.start("--retries", "0")
    run.wait("start", "01", "02", "03")
    fill(scratch / "ballast")
    run.fault("", "go")
    assert process.wait(PATIENCE_S) == 1, run.report()
    half = [text for text in run.products().values() if "begins" in text and "ends" not in text]
    assert half == [], "what failed was removed"
    (scratch / "ballast").unlink()
    assert run.finish() == 0, run.report()
    check(run)
