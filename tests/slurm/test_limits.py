"""Twelve shards as an array on a real Slurm that is full, slow to answer, drained, or whose clocks differ.

After each: exit code 0, the products of an undisturbed run, no shard finished twice (the fixture ``check``).
"""

import subprocess
from collections import Counter
from pathlib import Path

import pytest
from snakemake_executor_plugin_safe_slurm import queue

from tests.slurm.cluster import NARROW
from tests.slurm.conftest import PATIENCE_S

# An sbatch that does not see its first array accepted: Slurm takes it some seconds later.
SLOW = """
case "$*" in *--array=1-3*) ;; *) exec $real "$@" ;; esac
if ! mkdir asked 2>/dev/null; then exec $real "$@"; fi
cat > asked/script
(sleep 8; $real "$@" < asked/script) >asked/said 2>&1 &
echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2
exit 1
"""


def test_slurm_takes_five_jobs_at_once_and_is_slow_to_say_so_in_a_folder_with_an_odd_name(new_run, check):
    run = new_run(name="my | folder, 100 %a ", **{"slurm_account: lab": "slurm_account: narrow"})
    run.program("sbatch", SLOW)
    run.fault("half", "task_1")
    process = run.start("--retries", "0")
    run.wait_for(lambda: run.count("start") > 0, "a task has begun")
    assert queue.of_directory(str(run.path)), "a second start would find the jobs of this one"
    run.fault("", "go")
    assert process.wait(PATIENCE_S) == 0, run.report()
    check(run)
    said = run.log.read_text()
    assert "Error in rule" not in said
    # the limit
    assert said.count("Slurm takes no more jobs now (sbatch: error: AssocMaxSubmitJobLimit") == 1
    assert "wait here until others have ended. None of them counts as failed" in said
    arrays = Counter(run.slurm_id(shard).partition("_")[0] for shard in run.shards)
    assert max(arrays.values()) <= NARROW and len(arrays) >= len(run.shards) / NARROW
    # the array that sbatch did not see accepted
    number = (run.path / "asked/said").read_text().strip()
    assert "looking for it in the queue" in said and f"Slurm has taken it: {number}" in said
    assert number in arrays and "submitting it again" not in said


@pytest.mark.alone
def test_jobs_are_held_and_nodes_are_drained(new_run, cluster, check):
    run = new_run(shards=7)
    run.fault("half", "task_1", "task_2", "task_3", "task_4")
    process = run.start("--retries", "0")
    run.wait_for(lambda: run.count("start") == 4, "all GPUs are in use")
    array = run.slurm_id(next(shard for shard in sorted(Path(run.path / "diary").glob("??"))).name).partition("_")[0]
    cluster.call("scontrol", "uhold", f"{array}_5")
    cluster.call("scontrol", "hold", f"{array}_6")
    cluster.call("scontrol", "update", "nodename=gpu[01-02]", "state=drain", "reason=test")
    try:
        run.fault("", "go")
        held = ("for the reason JobHeldUser", f"scontrol release {array}_5", "for the reason JobHeldAdmin")
        drained = ("DRAINED", "`sinfo -R` says why")
        run.wait_for(lambda: all(part in run.log.read_text() for part in held + drained), "the reasons are said")
    finally:
        cluster.call("scontrol", "update", "nodename=gpu[01-02]", "state=resume")
    cluster.call("scontrol", "release", f"{array}_5")
    cluster.call("scontrol", "release", f"{array}_6")
    assert process.wait(PATIENCE_S) == 0, run.report()
    check(run)
    assert run.log.read_text().count("for the reason JobHeldUser") == 1


def test_the_clocks_of_nodes_are_a_minute_and_a_half_off(new_run, check):
    run = new_run(shards=2, config="inputs=true")
    (run.path / "clock").write_text("90")
    run.fault("clock", "00", "01")
    assert run.finish("--retries", "0") == 0, run.report()
    check(run)
    for shard in run.shards:
        there, here = map(int, (run.path / "diary" / f"clock_{shard}").read_text().split())
        assert abs(abs(there - here) - 90) < 5
    done = subprocess.run(
        run.command("--profile", "profile", "-n"),
        cwd=run.path, env=run.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert "Nothing to be done" in done.stdout + done.stderr
