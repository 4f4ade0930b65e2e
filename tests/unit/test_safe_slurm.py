"""The Slurm executor plugin on stand-ins for Slurm's programs; tests/slurm runs it on a real Slurm."""

import asyncio
import logging
import re
import subprocess

import pytest
from snakemake_executor_plugin_safe_slurm import arrays, preflight, queue
from snakemake_interface_common.exceptions import WorkflowError

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
