"""The Slurm executor plugin on stand-ins for Slurm's programs; tests/slurm runs it on a real Slurm."""

import asyncio
import logging
import re
import subprocess
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import snakemake_executor_plugin_safe_slurm as safe
import snakemake_executor_plugin_slurm as official
from snakemake_executor_plugin_safe_slurm import arrays, preflight, queue
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

LOGGER = logging.getLogger("test")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a program on PATH that prints a text and ends with an exit code."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def program(name: str, text: str, code: int = 0) -> None:
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {code}\n")
        file.chmod(0o755)

    return program


def states(*wanted: str) -> queue.States:
    return asyncio.run(queue.states("run", set(wanted), LOGGER))


def test_states_are_found_by_exact_id(program):
    program("squeue", "31_1|RUNNING\n31_2|FAILED\n31_3|COMPLETED")
    assert states("31_1", "31_2", "31_3") == {"31_1": "RUNNING", "31_2": "FAILED", "31_3": "COMPLETED"}


def test_what_squeue_has_forgotten_is_asked_of_the_accounting(program):
    program("squeue", "31_1|RUNNING")
    program("sacct", "31_[2-3]|CANCELLED by 0\n32|COMPLETED")
    assert states("31_1", "31_2", "32", "33") == {
        "31_1": "RUNNING",
        "31_2": "CANCELLED",
        "32": "COMPLETED",
        "33": queue.UNKNOWN,
    }
    assert queue.expand("31_[3-4,7%2]") == ["31_3", "31_4", "31_7"]


def test_nothing_is_said_of_jobs_while_slurm_does_not_answer(program):
    program("squeue", "", code=1)
    program("sacct", "31_1|FAILED")
    assert states("31_1") == {}
    program("squeue", "31_1|RUNNING")
    program("sacct", "", code=1)
    assert states("31_1", "31_2") == {"31_1": "RUNNING"}


def looked_after(plugin, job: str) -> tuple[list[str], list[str]]:
    """Which of a run's jobs an executor watches on and which it reports as failed, when it has one and looks at it twice."""
    executor = object.__new__(plugin.Executor)
    failed = []
    settings = plugin.ExecutorSettings(init_seconds_before_status_checks=2, status_command="squeue")
    vars(executor).update(
        workflow=SimpleNamespace(executor_settings=settings),
        logger=LOGGER,
        run_uuid="run",
        status_rate_limiter=nullcontext(),
        report_job_error=lambda job, **_: failed.append(job.external_jobid),
        _next_seconds_between_status_checks=2,
        _status_query_failures=0,
        _status_query_calls=0,
        _status_query_total_seconds=0,
        _status_query_min_seconds=None,
        _status_query_max_seconds=0,
        _status_query_cycle_rows=[],
        _preemption_warning=False,
        _unknown_since={},
    )

    async def watch(jobs: list[SubmittedJobInfo]) -> list[SubmittedJobInfo]:
        return [job async for job in executor.check_active_jobs(jobs)]

    jobs = [SubmittedJobInfo(None, external_jobid=job, aux={"slurm_logfile": Path("job.log")})]
    for _ in range(2):
        jobs = asyncio.run(watch(jobs))
    return [job.external_jobid for job in jobs], failed


@pytest.mark.parametrize(("plugin", "watched"), [(official, []), (safe, ["31"])], ids=["official", "safe"])
def test_jobs_are_forgotten_while_slurm_does_not_answer(program, plugin, watched):
    """Bug D: nobody reports the end of a job that is watched no more, so the run waits for ever."""
    for name in ("squeue", "sacct", "scontrol"):
        program(name, "", code=1)
    assert looked_after(plugin, "31") == (watched, [])


@pytest.mark.parametrize(
    ("plugin", "watched", "failed"), [(official, ["31"], []), (safe, [], ["31"])], ids=["official", "safe"]
)
def test_jobs_that_were_preempted_for_good_are_waited_for(program, plugin, watched, failed):
    """Bug D: a job that Slurm puts back into the queue is PENDING; one that stays PREEMPTED has ended."""
    program("scontrol", "MinJobAge = 300 sec")
    program("squeue", "31|PREEMPTED")
    assert looked_after(plugin, "31") == (watched, failed)


def test_a_job_that_slurm_knows_no_more_counts_as_lost_after_a_while(program, monkeypatch):
    program("squeue", "")
    program("sacct", "")
    assert looked_after(safe, "31") == (["31"], [])
    monkeypatch.setattr(safe, "UNKNOWN_FOR_S", -1)
    assert looked_after(safe, "31") == ([], ["31"])


def test_a_job_that_ran_out_of_memory_has_failed(program):
    program("squeue", "31|OUT_OF_MEMORY")
    assert looked_after(safe, "31") == ([], ["31"])


def test_an_array_task_is_its_own_command():
    script = arrays.script(["echo 'first one'", 'echo "second one"'])
    script = re.sub("^srun .*quiet ", "", script, flags=re.MULTILINE)
    said = [
        subprocess.run(["sh"], input=script, env={"SLURM_ARRAY_TASK_ID": task}, capture_output=True, text=True)
        for task in ("1", "2", "3")
    ]
    assert [done.stdout for done in said] == ["first one\n", "second one\n", ""]
    assert [done.returncode for done in said] == [0, 0, 1]


def test_live_jobs_of_a_directory_are_those_that_a_snakemake_started_there(program):
    program("squeue", "1_[3-4]|/here|rule_a\n5|/here|(null)\n6|/there|rule_a\n7|/here|rule_b_wildcards_x|y")
    assert queue.of_directory("/here") == ["1_[3-4]", "7"]
    with pytest.raises(WorkflowError, match=r"2 Slurm jobs of an earlier run .* `make resume` waits for them"):
        preflight.check_orphans("/here")
    preflight.check_orphans("/elsewhere")
    program("squeue", "", code=1)
    with pytest.raises(WorkflowError, match="Slurm does not answer, start again once it does"):
        preflight.check_orphans("/here")


def test_other_versions_of_the_official_plugins_are_refused(monkeypatch):
    monkeypatch.setattr(preflight, "version", lambda package: "9.9.9")
    with pytest.raises(
        WorkflowError, match=r"mends snakemake-executor-plugin-slurm 2\.8\.0 .* but 9\.9\.9 is installed"
    ):
        preflight.check_versions()


def test_without_slurm_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorkflowError, match="no sbatch on PATH"):
        preflight.check_versions()
