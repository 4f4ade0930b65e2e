"""The Slurm executor plugin on stand-ins for Slurm's programs; tests/slurm runs it on a real Slurm."""

import asyncio
import logging
import os
import re
import subprocess
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import snakemake_executor_plugin_safe_slurm as safe
import snakemake_executor_plugin_slurm as official
from snakemake.io import temp
from snakemake_executor_plugin_safe_slurm import arrays, preflight, products, queue, submission, waiting
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

LOGGER = logging.getLogger("test")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a program on PATH that prints a text and ends with an exit code; or one that is a shell script."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    (tmp_path / "bin").mkdir()

    def program(name: str, text: str = "", code: int = 0, script: str = "") -> None:
        file = tmp_path / "bin" / name
        file.write_text(f"#!/bin/sh\n{script}\ncat <<'END'\n{text}\nEND\nexit {code}\n")
        file.chmod(0o755)

    return program


def rows(*lines: str) -> str:
    """What squeue prints, its columns written with a semicolon between them."""
    return "\n".join(line.replace(";", queue.SEPARATOR) for line in lines)


def states(*wanted: str) -> dict[str, str]:
    return {number: job.state for number, job in asyncio.run(queue.jobs("run", set(wanted), LOGGER)).items()}


def test_states_are_found_by_exact_id(program):
    program("squeue", rows("31_1;RUNNING;None;", "31_2;FAILED;NonZeroExitCode;", "31_3;COMPLETED;None;a|b;c"))
    assert states("31_1", "31_2", "31_3") == {"31_1": "RUNNING", "31_2": "FAILED", "31_3": "COMPLETED"}


def test_what_squeue_has_forgotten_is_asked_of_the_accounting(program):
    program("squeue", rows("31_1;RUNNING;None;"))
    program("sacct", "31_[2-3]|CANCELLED by 0\n32|COMPLETED")
    assert states("31_1", "31_2", "32", "33") == {
        "31_1": "RUNNING",
        "31_2": "CANCELLED",
        "32": "COMPLETED",
        "33": queue.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("text", "tasks", "whole"),
    [
        ("31", ["31"], True),
        ("31_4", ["31_4"], True),
        ("31_[3-4,7%2]", ["31_3", "31_4", "31_7"], True),
        ("31_[1-13:4]", ["31_1", "31_5", "31_9", "31_13"], True),
        ("31_[0-4:2,9%1]", ["31_0", "31_2", "31_4", "31_9"], True),
        ("31_[1,3,...]", ["31_1", "31_3"], False),
        ("31_[1,3,5,7...", ["31_1", "31_3", "31_5"], False),
        ("31+1", ["31"], True),
        ("31_4+0", ["31_4"], True),
    ],
)
def test_ids_that_slurm_writes_as_one(text, tasks, whole):
    assert queue.expand(text) == (tasks, whole)


def test_a_list_that_slurm_has_cut_speaks_for_the_tasks_that_no_other_row_names(program):
    program("squeue", "")
    program("sacct", "31_[1,3,5,...]|CANCELLED+\n31_9|COMPLETED\n32_[1-4:2]|PENDING\nno row\n33|")
    assert states("31_3", "31_7", "31_9", "32_3", "32_4", "33") == {
        "31_3": "CANCELLED",
        "31_7": "CANCELLED",
        "31_9": "COMPLETED",
        "32_3": "PENDING",
        "32_4": queue.UNKNOWN,
        "33": queue.UNKNOWN,
    }


def test_nothing_is_said_of_jobs_while_slurm_does_not_answer(program):
    program("squeue", "", code=1)
    program("sacct", "31_1|FAILED")
    assert states("31_1") == {}
    program("squeue", rows("31_1;RUNNING;None;"))
    program("sacct", "", code=1)
    assert states("31_1", "31_2") == {"31_1": "RUNNING"}


def test_without_accounting_a_job_that_squeue_has_forgotten_is_unknown_and_not_waited_for(program):
    program("squeue", "")
    program("sacct", script="echo 'Slurm accounting storage is disabled' >&2", code=1)
    assert states("31") == {"31": queue.UNKNOWN}


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
        _unseen_since={},
        _longest_pause=180,
        _waiting=waiting.Waiting(600),
        _submitter=submission.Submitter("run", LOGGER, 0),
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
    program("squeue", rows("31;PREEMPTED;None;") if plugin is safe else "31|PREEMPTED")
    assert looked_after(plugin, "31") == (watched, failed)


def test_a_job_that_slurm_knows_no_more_counts_as_lost_after_a_while(program, monkeypatch):
    program("squeue", "")
    program("sacct", "")
    assert looked_after(safe, "31") == (["31"], [])
    monkeypatch.setattr(safe, "UNKNOWN_FOR_S", -1)
    assert looked_after(safe, "31") == ([], ["31"])


def test_a_job_that_ran_out_of_memory_has_failed(program):
    program("squeue", rows("31;OUT_OF_MEMORY;None;"))
    assert looked_after(safe, "31") == ([], ["31"])


def run_script(commands: list[str], task: str) -> subprocess.CompletedProcess[str]:
    """One task of an array, without srun."""
    script = re.sub("^srun .*quiet ", "", arrays.script(commands), flags=re.MULTILINE)
    environment = {"SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_JOB_ID": "31", "PATH": os.environ["PATH"]}
    return subprocess.run(["sh"], input=script, env=environment, capture_output=True, text=True, timeout=20)


def test_an_array_task_is_its_own_command():
    said = [run_script(["echo 'first one'", 'echo "second one"'], task) for task in ("1", "2", "3")]
    assert [done.stdout for done in said] == ["first one\n", "second one\n", ""]
    assert [done.returncode for done in said] == [0, 0, 1]


@pytest.mark.parametrize(
    ("preempted", "waits"),
    [("None", False), ("2026-11-28T19:00:00", False), ("2026-11-28T20:30:00", True)],
    ids=["never", "before its latest start", "now"],
)
def test_a_failing_task_waits_for_slurm_only_where_it_was_preempted_since_it_started(program, preempted, waits):
    times = f"   StartTime=2026-11-28T20:00:00 EndTime=Unknown\n   PreemptEligibleTime=x PreemptTime={preempted}"
    program("scontrol", times)
    program("sleep", script="echo waits")
    done = run_script(["false"], "1")
    assert done.returncode == 1 and ("waits" in done.stdout) == waits


TIMED_OUT = "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"
FULL = "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy"


@pytest.fixture
def submitter(monkeypatch):
    monkeypatch.setattr(submission, "LOOK_FOR_S", 0.3)
    monkeypatch.setattr(submission, "PATIENCE_S", 2)
    return submission.Submitter("run", LOGGER, 0.1)


def submit(submitter: submission.Submitter) -> str:
    return submitter.submit(lambda comment: f"sbatch '{comment}'", "script", "rule_a")


def test_a_job_that_sbatch_did_not_see_accepted_is_found_by_its_comment(program, submitter, tmp_path):
    program("scontrol")
    program("sbatch", script=f"echo \"$1\" >> {tmp_path}/taken; echo '{TIMED_OUT}' >&2", code=1)
    program("squeue", script=f"printf '30\\037rule_b\\n31\\037'; cat {tmp_path}/taken")
    assert submit(submitter) == "31"
    assert len((tmp_path / "taken").read_text().splitlines()) == 1


def test_a_job_that_slurm_did_not_take_is_submitted_again(program, submitter, tmp_path):
    program("scontrol")
    program("squeue", "")
    first = f"if [ ! -e {tmp_path}/asked ]; then touch {tmp_path}/asked; echo '{TIMED_OUT}' >&2; exit 1; fi"
    program("sbatch", "31;cluster", script=first)
    assert submit(submitter) == "31"
    assert len(submitter.given_up) == 1


def test_an_sbatch_that_does_not_end_is_killed_and_its_job_looked_for(program, submitter, tmp_path):
    program("scontrol")
    program("sbatch", script=f'echo "$1" >> {tmp_path}/taken; exec sleep 600')
    program("squeue", script=f"printf '31\\037'; cat {tmp_path}/taken")
    assert submit(submitter) == "31"


def test_what_slurm_took_late_is_cancelled_where_it_was_submitted_again(program, tmp_path):
    executor = object.__new__(safe.Executor)
    vars(executor).update(logger=LOGGER, _submitter=submission.Submitter("run", LOGGER, 0))
    executor._submitter.given_up.add("rule_a (1)")
    program("scancel", script=f"echo $1 >> {tmp_path}/cancelled")
    jobs = {"31_1": ("PENDING", "rule_a (1)"), "31_2": ("COMPLETED", "rule_a (1)"), "32": ("RUNNING", "rule_a (2)")}
    executor._cancel_late({number: queue.Job(state, "", comment) for number, (state, comment) in jobs.items()})
    assert (tmp_path / "cancelled").read_text().split() == ["31_1"]


@pytest.mark.parametrize(
    ("said", "full"),
    [
        (FULL, True),
        ("sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates", True),
        ("sbatch: error: AssocGrpSubmitJobsLimit", True),
        ("sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or"
         " time limits)", True),
        ("sbatch: error: AssocMaxWallDurationPerJobLimit\nsbatch: error: Batch job submission failed: Job violates"
         " accounting/QOS policy (job submit limit, user's size and/or time limits)", False),
        ("sbatch: error: QOSMaxCpuPerJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy"
         " (job submit limit, user's size and/or time limits)", False),
        ("sbatch: error: Batch job submission failed: Resource temporarily unavailable", True),
        ("sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying", True),
        ("sbatch: error: Batch job submission failed: Invalid feature specification", False),
        ("sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)", False),
    ],
)  # fmt: skip
def test_limits_on_the_number_of_jobs_are_told_from_limits_on_one_job(program, submitter, said, full):
    program("scontrol")
    program("squeue", rows("7;x"))
    program("sbatch", script=f"cat >&2 <<'SAID'\n{said}\nSAID", code=1)
    with pytest.raises(submission.TooManyError if full else RuntimeError) as error:
        submit(submitter)
    assert not full or error.value.later


class Jobs:
    """An executor that hands twelve jobs to a Slurm that takes ``room`` at once, and empties its queue at each pause."""

    def __init__(self, room: int, largest: int = 99) -> None:
        self.room, self.queued, self.sizes, self.failed, self.said = room, 0, [], [], []
        self.executor = object.__new__(safe.Executor)
        self.largest = largest
        submitter = SimpleNamespace(pause=self.pause, pause_s=0)
        logger = SimpleNamespace(warning=self.said.append)
        report = lambda job, message: self.failed.append(message)  # noqa: E731
        vars(self.executor).update(_submitter=submitter, logger=logger, _report_job_error_threadsafe=report)

    def pause(self, seconds: float) -> None:
        self.queued = 0

    def submit(self, jobs: list[object]) -> str:
        if len(jobs) > self.largest:
            raise submission.TooManyError("invalid job array specification", later=False)
        if self.queued + len(jobs) > self.room:
            raise submission.TooManyError("AssocMaxSubmitJobLimit", later=self.queued > 0)
        self.queued += len(jobs)
        self.sizes.append(len(jobs))
        return str(len(self.sizes))

    def run(self) -> list[object]:
        done: list[object] = []
        jobs = [SimpleNamespace(name="a", resources=SimpleNamespace()) for _ in range(12)]
        self.executor._hand_over(jobs, self.submit, lambda piece, number: done.extend(piece))
        assert all(mine is other for mine, other in zip(done, jobs, strict=False)), "in their order, none twice"
        return done


@pytest.mark.parametrize("room", [1, 5, 12, 100])
def test_at_a_limit_fewer_jobs_are_submitted_and_the_others_wait(room):
    jobs = Jobs(room)
    assert len(jobs.run()) == 12 and not jobs.failed
    assert max(jobs.sizes) <= room
    assert len(jobs.said) == (room < 12)
    if room == 5:
        assert "Slurm takes no more jobs now (AssocMaxSubmitJobLimit): 7 of a wait here" in jobs.said[0]


def test_an_array_that_is_too_large_is_cut():
    jobs = Jobs(100, largest=4)
    assert len(jobs.run()) == 12 and not jobs.said


def test_a_limit_that_takes_not_even_one_job_ends_the_wait():
    jobs = Jobs(0)
    assert jobs.run() == [] and len(jobs.failed) == 12
    assert "The job was not submitted: AssocMaxSubmitJobLimit" in jobs.failed[0]


def pending(*reasons: str) -> queue.Jobs:
    return {f"31_{number}": queue.Job("PENDING", reason) for number, reason in enumerate(reasons, start=1)}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("JobHeldUser", "`scontrol release 31_1` lets it go"),
        ("JobHeldAdmin", "ask why"),
        ("job requeued in held state", "`scontrol show job 31_1` says more"),
        ("launch failed requeued held", "`scontrol release 31_1`"),
        ("Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions", "`sinfo -R`"),
        ("ReqNodeNotAvail, UnavailableNodes:gpu01", "`sinfo -R`"),
        ("AssocGrpGRESMinutes", "budget"),
        ("AssocGrpBillingMinutes", "budget"),
        ("PartitionTimeLimit", "it can never start so"),
        ("BadConstraints", "it can never start so"),
        ("QOSMaxWallDurationPerJobLimit", "it can never start so"),
        ("SomethingNew", "`scontrol show job 31_1` says more"),
    ],
)
def test_jobs_that_will_not_start_by_themselves_say_why_after_a_while(reason, said):
    waits = waiting.Waiting(300)
    jobs = pending(reason, reason, "Priority")
    assert waits.sentences(jobs, jobs, 0.0) == []
    assert waits.sentences(jobs, jobs, 299.0) == []
    (sentence,) = waits.sentences(jobs, jobs, 300.0)
    assert sentence.startswith("Slurm does not start 2 of this run's jobs (the first: 31_1) by itself")
    assert f"for the reason {reason}: " in sentence and said in sentence
    assert waits.sentences(jobs, jobs, 400.0) == [], "said once"
    assert len(waits.sentences(jobs, jobs, 3900.0)) == 1, "and again after an hour"


@pytest.mark.parametrize(
    "reason",
    [
        "Priority",
        "Resources",
        "JobArrayTaskLimit",
        "QOSMaxJobsPerUserLimit",
        "AssocGrpGRES",
        "QOSMaxGRESPerUser",
        "None",
    ],
)
def test_jobs_that_wait_for_others_say_nothing(reason):
    waits = waiting.Waiting(0)
    jobs = pending(reason)
    assert waits.sentences(jobs, jobs, 0.0) == waits.sentences(jobs, jobs, 1e6) == []


def test_a_job_that_waited_and_runs_begins_anew():
    waits = waiting.Waiting(300)
    waits.sentences(pending("JobHeldUser"), ["31_1"], 0.0)
    waits.sentences({"31_1": queue.Job("RUNNING")}, ["31_1"], 200.0)
    assert waits.sentences(pending("JobHeldUser"), ["31_1"], 400.0) == []


def task(*outputs: object) -> SubmittedJobInfo:
    job = SimpleNamespace(output=outputs, is_group=lambda: False)
    return SubmittedJobInfo(job, external_jobid="31", aux={"slurm_logfile": Path("job.log")})


def test_a_completed_job_waits_until_its_products_are_seen_and_is_then_left_to_snakemake(tmp_path, monkeypatch):
    executor = object.__new__(safe.Executor)
    vars(executor).update(_unknown_since={}, _unseen_since={}, logger=LOGGER)
    jobs = {"31": queue.Job(queue.COMPLETED)}
    late = task(tmp_path / "folder/late")
    assert executor._settled(late, jobs) == queue.WAIT
    (tmp_path / "folder").mkdir()
    assert executor._settled(late, jobs) == queue.WAIT
    (tmp_path / "folder/late").touch()
    assert executor._settled(late, jobs) == queue.COMPLETED
    (tmp_path / "folder/late").unlink()
    monkeypatch.setattr(safe, "PRODUCTS_WITHIN_S", -1)
    assert executor._settled(late, jobs) == queue.COMPLETED


def test_products_that_need_not_stay_are_not_waited_for(tmp_path):
    (tmp_path / "there").touch()
    passing, lasting = temp(str(tmp_path / "passing")), str(tmp_path / "there")
    assert products.missing(task(passing, lasting).job) == []
    group = SimpleNamespace(jobs=[task(passing, lasting).job, task(str(tmp_path / "b")).job], is_group=lambda: True)
    assert products.missing(group) == [str(tmp_path / "b")]


def test_live_jobs_of_a_directory_are_those_that_a_snakemake_started_there(program, tmp_path):
    here, link = tmp_path / "my | folder", tmp_path / "link"
    here.mkdir()
    link.symlink_to(here)
    name = "musicologist_0f8fad5b-d9cb-469f-a165-70867728950e"
    program(
        "squeue",
        rows(
            f"1_[3-4];x;{here};rule_a",
            f"5;x;{here};(null)",
            f"6;{name};{tmp_path};rule_a",
            f"7;x;{link};rule_b_wildcards_x|y",
            f"8;{name};{here};what the site wrote",
            "9;x;/gone;rule_a",
            "no row",
        ),
    )
    assert queue.of_directory(str(here)) == queue.of_directory(str(link)) == ["1_[3-4]", "7", "8"]
    with pytest.raises(WorkflowError, match=r"3 Slurm jobs of an earlier run .* `make resume` waits for them"):
        preflight.check_orphans(str(here))
    preflight.check_orphans(str(tmp_path / "elsewhere"))
    program("squeue", "", code=1)
    with pytest.raises(WorkflowError, match="Slurm does not answer, start again once it does"):
        preflight.check_orphans(str(here))


@pytest.mark.parametrize(
    ("module", "found"),
    [("listed", True), ("alias", True), ("none", False)],
)
def test_a_module_is_there_where_it_is_listed_or_can_be_loaded(tmp_path, monkeypatch, module, found):
    init = tmp_path / "init/bash"
    init.parent.mkdir()
    init.write_text('module() { if [ "$1" = load ]; then [ "$2" = alias ]; else echo "listed/12.4(default)"; fi; }\n')
    monkeypatch.setenv("BASH_ENV", str(init))
    monkeypatch.setenv("MODULESHOME", str(tmp_path))
    with nullcontext() if found else pytest.raises(WorkflowError, match="`module load none` does not find"):
        preflight.check_modules({module: "rule"})


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
