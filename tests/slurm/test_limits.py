"""Twelve shards as an array on a real Slurm that is full, slow to answer, drained, or whose clocks differ.

After each: exit code 0, the products of an undisturbed run, no shard finished twice (the fixture ``check``).
"""

import subprocess
from pathlib import Path

import pytest
from snakemake_executor_plugin_safe_slurm import queue

from tests.slurm.cluster import FAKETIME, NARROW
from tests.slurm.conftest import PATIENCE_S

# An sbatch that does not see its first array accepted: Slurm takes it some seconds later.
SLOW = """
case "$*" in *--array*) ;; *) exec $real "$@" ;; esac
if ! mkdir asked 2>/dev/null; then exec $real "$@"; fi
cat > asked/script
(sleep 8; $real "$@" < asked/script) >asked/said 2>&1 &
echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2
exit 1
"""


def test_slurm_takes_five_jobs_at_once(new_run, cluster, check):
    run = new_run(**{"slurm_account: lab": "slurm_account: narrow"})
    assert run.finish("--retries", "0") == 0, run.report()
    check(run)
    said = run.log.read_text()
    assert said.count("Slurm takes no more jobs now (sbatch: error: AssocMaxSubmitJobLimit") == 1
    assert "None of them counts as failed" in said and "Error in rule" not in said
    arrays = {run.slurm_id(f"{shard:02d}").partition("_")[0] for shard in range(12)}
    assert len(arrays) >= 12 / NARROW


def test_sbatch_does_not_see_a_job_accepted_in_a_folder_with_an_odd_name(new_run, check):
    run = new_run(name="my | folder, 100 %a ")
    run.program("sbatch", SLOW)
    run.fault("half", "01")
    process = run.start("--retries", "0")
    run.wait("start", "01")
    assert queue.of_directory(str(run.path)), "a second start finds the jobs of this one"
    run.fault("", "go")
    assert process.wait(PATIENCE_S) == 0, run.report()
    check(run)
    said = run.log.read_text()
    number = (run.path / "asked/said").read_text().strip()
    assert "looking for it in the queue" in said and f"Slurm has taken it: {number}" in said
    assert "submitting it again" not in said
    assert {run.slurm_id(f"{shard:02d}").partition("_")[0] for shard in range(12)} == {number}


@pytest.mark.alone
def test_jobs_are_held_and_nodes_are_drained(run, cluster, check):
    run.fault("half", "task_1", "task_2", "task_3", "task_4")
    process = run.start("--retries", "0")
    run.wait_for(lambda: run.count("start") == 4, "all GPUs are in use")
    array = run.slurm_id(next(shard for shard in sorted(Path(run.path / "diary").glob("??"))).name).partition("_")[0]
    cluster.call("scontrol", "uhold", f"{array}_5")
    cluster.call("scontrol", "hold", f"{array}_6")
    cluster.call("scontrol", "update", "nodename=gpu[01-02]", "state=drain", "reason=test")
    try:
        run.fault("", "go")
        held = ("Slurm's reason: JobHeldUser", f"scontrol release {array}_5", "Slurm's reason: JobHeldAdmin")
        drained = ("DRAINED", "`sinfo -R` says why")
        run.wait_for(lambda: all(part in run.log.read_text() for part in held + drained), "the reasons are said")
    finally:
        cluster.call("scontrol", "update", "nodename=gpu[01-02]", "state=resume")
    cluster.call("scontrol", "release", f"{array}_5")
    cluster.call("scontrol", "release", f"{array}_6")
    assert process.wait(PATIENCE_S) == 0, run.report()
    check()
    assert run.log.read_text().count("Slurm's reason: JobHeldUser") == 1


def test_the_clocks_of_nodes_are_a_minute_and_a_half_off(run, check):
    if not Path(FAKETIME).exists():
        pytest.skip(f"{FAKETIME} is missing: apt-get install libfaketime")
    (run.path / "clock").write_text("90")
    run.fault("clock", "00", "01")
    assert run.finish("--retries", "0", "--config", "inputs=true") == 0, run.report()
    check()
    late, early = (int((run.path / "diary" / f"clock_{shard}").read_text()) for shard in ("00", "01"))
    assert 170 < early - late < 250, "the clocks were off"
    done = subprocess.run(
        run.command("--profile", "profile", "-n", "--config", "inputs=true"),
        cwd=run.path, env=run.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert "Nothing to be done" in done.stdout + done.stderr
