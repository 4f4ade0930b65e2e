"""The official Slurm executor with job arrays that lose nothing, and with checks before anything is queued.

What the official plugin (2.8.0, with its jobstep 0.6.1) gets wrong, shown by tests/slurm/test_upstream.py on a real Slurm, D by
tests/unit/test_safe_slurm.py:

A. Every array task but the first runs inside a Snakemake that keeps the books of the first task's job: a slow or failing first
   task makes others fail, and their clean-up deletes the first task's output. Here a task is its own job's command.
B. The state of array tasks is read from a column of ``sacct`` that does not hold their ids: all take the state of the last
   task, so half-written output is accepted. Here states are found by exact id.
C. A batch that is smaller than what else is ready is held back: for ever, where ``jobs`` is that small. Here it is submitted.
D. Jobs are forgotten when Slurm does not answer five times in a row, and jobs that stay pre-empted are waited for, for ever.

Everything else (settings, plain jobs, partitions, cancelling, efficiency report) is inherited. When upstream is safe: in the
profile, write ``slurm`` for ``safe-slurm``, and delete this folder.
"""

import shlex
import time
from collections.abc import AsyncIterator, Iterator

import snakemake_executor_plugin_slurm as official
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string
from snakemake_executor_plugin_slurm.validation import validate_slurm_extra
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface

from snakemake_executor_plugin_safe_slurm import arrays, preflight, queue

ExecutorSettings = official.ExecutorSettings
common_settings = official.common_settings

LONGEST_PAUSE_S = 180
UNKNOWN_FOR_S = 600  # after this long without a trace in squeue and sacct a job counts as lost


class Executor(official.Executor):
    """Submits, watches and reports jobs; see the module's docstring for what differs from the official one."""

    def __post_init__(self) -> None:
        """Check versions, orphans and jobs; Snakemake calls this before anything is submitted."""
        versions = preflight.check_versions()
        super().__post_init__()
        self._unknown_since: dict[str, float] = {}
        self.logger.info(f"Arrays by safe-slurm, on {versions}.")
        preflight.check_orphans(self.workflow.workdir_init)
        preflight.check_jobs(self.workflow, self._sbatch)

    def run_jobs(self, jobs: list[JobExecutorInterface]) -> None:
        """Submit all selected jobs at once: those of an array rule as arrays of jobs with equal resources."""
        members: dict[tuple[str, str], list[JobExecutorInterface]] = {}
        for job in jobs:
            if not job.is_group() and self.array_jobs & {job.rule.name, "all"}:
                members.setdefault((job.rule.name, repr(sorted(job.resources.items()))), []).append(job)
            else:
                self._submit_job(job)
        for alike in members.values():
            for start in range(0, len(alike), self.max_array_size):
                self._submit_array_jobs(alike[start : start + self.max_array_size])

    def run_job(self, job: JobExecutorInterface) -> None:
        """Submit a plain job, as the official plugin does, once Slurm answers."""
        queue.wait_for_controller(self.logger)
        super().run_job(job)

    def run_array_jobs(self, jobs: list[JobExecutorInterface]) -> None:
        """Submit one array: task ``i`` runs the command of ``jobs[i - 1]``, whatever becomes of the others."""
        logs = self.slurm_logdir / f"rule_{jobs[0].name}"
        try:
            for job in jobs:
                validate_slurm_extra(job)
            logs.mkdir(parents=True, exist_ok=True)
            script = arrays.script([self._task_command(job) for job in jobs])
            command = f"{self._sbatch(jobs[0], str(logs / '%A_%a.log'))} --array=1-{len(jobs)} /dev/stdin"
            queue.wait_for_controller(self.logger)
            number = queue.submit(command, script)
        except (
            Exception
        ) as error:  # a thread of its own: what is not reported here is lost, and the run would wait for ever
            for job in jobs:
                self._report_job_error_threadsafe(SubmittedJobInfo(job), f"The array was not submitted: {error}")
            return
        for index, job in enumerate(jobs, start=1):
            log = logs / f"{number}_{index}.log"
            self.logger.info(f"Job {job.jobid} has been submitted as Slurm array task {number}_{index} (log: {log}).")
            task = SubmittedJobInfo(job, external_jobid=f"{number}_{index}", aux={"slurm_logfile": log})
            self._report_job_submission_threadsafe(task)

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        """Report what has ended, by exact id; yield what goes on, and all where Slurm does not answer."""
        first_pause = self.workflow.executor_settings.init_seconds_before_status_checks
        if not active_jobs:  # the watching thread starts before __post_init__ has run
            self.next_seconds_between_status_checks = first_pause
            return
        ended = False
        states = await queue.states(self.run_uuid, {task.external_jobid for task in active_jobs}, self.logger)
        for task in active_jobs:
            state = self._settled(task.external_jobid, states)
            if state in queue.FAILED:
                ended = True
                message = f"Slurm job {task.external_jobid} ended as {state}. "
                self.report_job_error(task, msg=message, aux_logs=[str(task.aux["slurm_logfile"])])
            elif state == queue.COMPLETED:
                ended = True
                self.report_job_success(task)
                if not self.workflow.executor_settings.keep_successful_logs:
                    task.aux["slurm_logfile"].unlink(missing_ok=True)
            else:
                yield task
        longer = min(1.25 * self.next_seconds_between_status_checks, LONGEST_PAUSE_S)
        self.next_seconds_between_status_checks = first_pause if ended else longer

    def get_account_arg(self, job: JobExecutorInterface) -> Iterator[str]:
        """The account as the profile has it: Slurm checks it, and goes on doing so while the accounting database is down."""
        account = job.resources.get("slurm_account")
        if account:
            yield f" -A {shlex.quote(str(account))}"
        else:
            yield from super().get_account_arg(job)

    def _settled(self, external_jobid: str, states: queue.States) -> str:
        """The job's state; ``LOST`` once Slurm has answered for long enough that it knows no such job."""
        state = states.get(external_jobid, queue.WAIT)
        if state != queue.UNKNOWN:
            self._unknown_since.pop(external_jobid, None)
            return state
        since = self._unknown_since.setdefault(external_jobid, time.monotonic())
        return queue.LOST if time.monotonic() - since > UNKNOWN_FOR_S else queue.WAIT

    def _task_command(self, job: JobExecutorInterface) -> str:
        """The job's own Snakemake; the array's script does itself what the jobstep plugin would start one more for."""
        return self.format_job_exec(job).replace(self.additional_general_args(), "")

    def _sbatch(self, job: JobExecutorInterface, log: str) -> str:
        parameters = {
            "run_uuid": self.run_uuid,
            "slurm_logfile": log,
            "comment_str": f"rule_{job.name}",
            "account": next(self.get_account_arg(job)),
            "partition": self.get_partition_arg(job),
            "workdir": self.workflow.workdir_init,
        }
        settings = self.workflow.executor_settings
        return get_submit_command(job, parameters, settings=settings) + set_gres_string(job)
