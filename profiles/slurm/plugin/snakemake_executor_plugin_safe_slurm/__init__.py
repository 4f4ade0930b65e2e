"""The official Slurm executor with job arrays that lose nothing, and with checks before anything is queued.

What the official plugin (2.8.0, with its jobstep 0.6.1) gets wrong, shown by tests/slurm/test_upstream.py on a real Slurm, D by
tests/unit/profiles/test_safe_slurm.py:

A. Every array task but the first runs inside a Snakemake that keeps the books of the first task's job: a slow or failing first
   task makes others fail, and their clean-up deletes the first task's output. Here a task is its own job's command.
B. The state of array tasks is read from a column of ``sacct`` that does not hold their ids: all take the state of the last
   task, so half-written output is accepted. Here states are found by exact id.
C. A batch that is smaller than what else is ready is held back: for ever, where ``jobs`` is that small. Here it is submitted.
D. Jobs are forgotten when Slurm does not answer five times in a row, and jobs that stay pre-empted are waited for, for ever.

And what real clusters do: limits on the number of jobs are waited for, a job that sbatch did not see accepted is looked for
before it is submitted again, jobs that will not start say why, and products are looked for again where a disk is slow.

Everything else (settings, plain jobs, partitions, cancelling, efficiency report) is inherited. When upstream is safe: in the
profile, write ``slurm`` for ``safe-slurm``, and delete this folder.
"""

import shlex
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface

from snakemake_executor_plugin_safe_slurm.late_imports import late

with late("pandas"):
    import snakemake_executor_plugin_slurm as official
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import get_job_wildcards, set_gres_string
from snakemake_executor_plugin_slurm.validation import validate_slurm_extra

from snakemake_executor_plugin_safe_slurm import arrays, preflight, products, queue, submission, waiting

ExecutorSettings = official.ExecutorSettings
common_settings = official.common_settings

LONGEST_PAUSE_S = 180
UNKNOWN_FOR_S = 600  # after this long without a trace in squeue and sacct a job counts as lost
PRODUCTS_WITHIN_S = 600  # so long after its end a job's products may take to be seen here
REFUSALS = 3  # so often a single job may be refused by a limit while this user has none in the queue
PAUSES_UNTIL_TOLD = 8  # so many first pauses a job may wait before it is said why


class Executor(official.Executor):
    """Submits, watches and reports jobs; see the module's docstring for what differs from the official one."""

    def __post_init__(self) -> None:
        """Check versions, orphans and jobs; Snakemake calls this before anything is submitted."""
        versions = preflight.check_versions()
        super().__post_init__()
        first_pause = self.workflow.executor_settings.init_seconds_before_status_checks
        self._submitter = submission.Submitter(self.run_uuid, self.logger, first_pause)
        self._waiting = waiting.Waiting(PAUSES_UNTIL_TOLD * first_pause)
        self._unknown_since: dict[str, float] = {}
        self._unseen_since: dict[str, float] = {}
        # what squeue has forgotten must be asked of the accounting: look twice before that
        self._longest_pause = min(LONGEST_PAUSE_S, max(first_pause, (queue.min_job_age() or LONGEST_PAUSE_S) / 2))
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
        """Submit a plain job, its command on the standard input of sbatch."""
        rule, wildcards = f"{'group' if job.is_group() else 'rule'}_{job.name}", get_job_wildcards(job)
        logs = self.slurm_logdir / rule / wildcards

        def submit(jobs: Sequence[JobExecutorInterface]) -> str:
            script = f"#!/bin/sh\n{self.format_job_exec(job)}\n"
            return self._submit(
                job, logs / "%j.log", "", script, f"{rule}_wildcards_{wildcards}" if wildcards else rule
            )

        def report(jobs: Sequence[JobExecutorInterface], number: str) -> None:
            log = logs / f"{number}.log"
            self.logger.info(f"Job {job.jobid} has been submitted with SLURM jobid {number} (log: {log}).")
            task = SubmittedJobInfo(job, external_jobid=number, aux={"slurm_logfile": log})
            self._report_job_submission_threadsafe(task)

        self._hand_over([job], submit, report)

    def run_array_jobs(self, jobs: list[JobExecutorInterface]) -> None:
        """Submit jobs as one array, or as several where a limit asks for it.

        Task ``i`` of an array runs the command of its job ``i``, whatever becomes of the others.
        """
        rule = f"rule_{jobs[0].name}"
        logs = self.slurm_logdir / rule

        def submit(jobs: Sequence[JobExecutorInterface]) -> str:
            script = arrays.script([self._task_command(job) for job in jobs])
            return self._submit(jobs[0], logs / "%A_%a.log", f"--array=1-{len(jobs)}", script, rule)

        def report(jobs: Sequence[JobExecutorInterface], number: str) -> None:
            for index, job in enumerate(jobs, start=1):
                log = logs / f"{number}_{index}.log"
                self.logger.info(
                    f"Job {job.jobid} has been submitted as Slurm array task {number}_{index} (log: {log})."
                )
                task = SubmittedJobInfo(job, external_jobid=f"{number}_{index}", aux={"slurm_logfile": log})
                self._report_job_submission_threadsafe(task)

        self._hand_over(jobs, submit, report)

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        """Report what has ended, by exact id; yield what goes on, and all where Slurm does not answer."""
        first_pause = self.workflow.executor_settings.init_seconds_before_status_checks
        if not active_jobs:  # the watching thread starts before __post_init__ has run
            self.next_seconds_between_status_checks = first_pause
            return
        ended = False
        ours = {task.external_jobid for task in active_jobs}
        jobs = await queue.jobs(self.run_uuid, ours, self.logger)
        for sentence in self._waiting.sentences(jobs, ours, time.monotonic()):
            self.logger.warning(sentence)
        self._cancel_late(jobs)
        for task in active_jobs:
            state = self._settled(task, jobs)
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
        longer = min(1.25 * self.next_seconds_between_status_checks, self._longest_pause)
        self.next_seconds_between_status_checks = first_pause if ended else longer

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        """Cancel all jobs of this run, also one that Slurm has just taken and nobody has been told of."""
        self._submitter.ended.set()
        self._job_submission_executor.shutdown(wait=True, cancel_futures=True)
        super().cancel_jobs(active_jobs)
        subprocess.run(["scancel", f"--name={self.run_uuid}"], capture_output=True)

    def shutdown(self) -> None:
        """End, and let nothing wait to be submitted any more."""
        self._submitter.ended.set()
        super().shutdown()

    def get_account_arg(self, job: JobExecutorInterface) -> Iterator[str]:
        """The account as the profile has it: Slurm checks it, and goes on doing so while the accounting database is down."""
        account = job.resources.get("slurm_account")
        if account:
            yield f" -A {shlex.quote(str(account))}"
        else:
            yield from super().get_account_arg(job)

    def _hand_over(
        self,
        jobs: Sequence[JobExecutorInterface],
        submit: Callable[[Sequence[JobExecutorInterface]], str],
        report: Callable[[Sequence[JobExecutorInterface], str], None],
    ) -> None:
        """Submit jobs all at once, or fewer at a time while Slurm does not take more, and report each piece and its number.

        A thread of its own does this: what is not reported here is lost, and the run would wait for ever.
        """
        size, refused_alone = len(jobs), 0
        try:
            for job in jobs:
                validate_slurm_extra(job)
            while jobs:
                try:
                    number = submit(jobs[:size])
                except submission.TooManyError as limit:
                    if size > 1:
                        size = (size + 1) // 2
                        continue
                    refused_alone += 1
                    if refused_alone == 1:
                        self.logger.warning(
                            f"Slurm takes no more jobs now ({limit}): {len(jobs)} of {jobs[0].name} wait here until others"
                            " have ended. None of them counts as failed."
                        )
                    if not limit.later and refused_alone > REFUSALS:
                        raise
                    self._submitter.pause(self._submitter.pause_s)
                    continue
                report(jobs[:size], number)
                jobs = jobs[size:]
                size, refused_alone = min(2 * size, len(jobs)), min(refused_alone, 1)
        except submission.EndedError:
            return
        except Exception as error:
            for job in jobs:
                self._report_job_error_threadsafe(SubmittedJobInfo(job), f"The job was not submitted: {error}")

    def _submit(self, job: JobExecutorInterface, log: Path, options: str, script: str, label: str) -> str:
        """The number of a new Slurm job with the resources of ``job``."""
        log.parent.mkdir(parents=True, exist_ok=True)
        # Slurm fills in the % patterns of a log's name: those of the folder's own name are doubled
        pattern = f"{str(log.parent).replace('%', '%%')}/{log.name}"
        clusters = filter(None, (job.resources.get(key) for key in ("cluster", "clusters", "slurm_cluster")))
        self._submitted_job_clusters.update(list(clusters)[:1])
        command = lambda comment: f"{self._sbatch(job, pattern, comment)} {options} /dev/stdin"  # noqa: E731
        return self._submitter.submit(command, script, label)

    def _cancel_late(self, jobs: queue.Jobs) -> None:
        """Cancel what Slurm took after all, when it had been submitted a second time."""
        for number, job in jobs.items():
            if job.comment in self._submitter.given_up and job.state not in queue.FAILED | {queue.COMPLETED}:
                self.logger.warning(f"Slurm took job {number} late, and it was submitted again: cancelling it.")
                subprocess.run(["scancel", number], capture_output=True)

    def _settled(self, task: SubmittedJobInfo, jobs: queue.Jobs) -> str:
        """The job's state.

        ``LOST`` once Slurm has answered for long enough that it knows no such job; ``WAIT`` where it is completed and its
        products are not to be seen yet.
        """
        number = task.external_jobid
        state = jobs[number].state if number in jobs else queue.WAIT
        if state == queue.UNKNOWN:
            since = self._unknown_since.setdefault(number, time.monotonic())
            return queue.LOST if time.monotonic() - since > UNKNOWN_FOR_S else queue.WAIT
        self._unknown_since.pop(number, None)
        if state == queue.COMPLETED and (unseen := products.missing(task.job)):
            if number not in self._unseen_since:
                self.logger.warning(f"Slurm job {number} is completed, and {unseen[0]} is not to be seen here yet.")
            since = self._unseen_since.setdefault(number, time.monotonic())
            return state if time.monotonic() - since > PRODUCTS_WITHIN_S else queue.WAIT
        return state

    def _task_command(self, job: JobExecutorInterface) -> str:
        """The job's own Snakemake; the array's script does itself what the jobstep plugin would start one more for."""
        return self.format_job_exec(job).replace(self.additional_general_args(), "")

    def _sbatch(self, job: JobExecutorInterface, log: str, comment: str = "") -> str:
        parameters = {
            "run_uuid": self.run_uuid,
            "slurm_logfile": log,
            "comment_str": comment or f"rule_{job.name}",
            "account": next(self.get_account_arg(job)),
            "partition": self.get_partition_arg(job),
            "workdir": self.workflow.workdir_init,
        }
        settings, failed = self.workflow.executor_settings, self._failed_nodes
        return get_submit_command(job, parameters, settings=settings, failed_nodes=failed) + set_gres_string(job)
