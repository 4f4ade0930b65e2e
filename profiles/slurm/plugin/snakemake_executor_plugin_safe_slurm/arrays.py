"""The batch script of a job array."""

import shlex
from collections.abc import Sequence


def script(commands: Sequence[str]) -> str:
    """A shell script whose array task ``i`` runs ``commands[i - 1]`` in a step of its own.

    Slurm keeps the script with the job, so a task that is requeued, or starts after Snakemake has died, needs no file of ours.
    A step, because a time limit or pre-emption sends SIGTERM to steps: the job tidies up in the grace period. A task that was
    pre-empted since it last started then waits for Slurm to put it back into the queue: by ending it would count as failed. The
    number of an array's last task is that of the array: asked for by it, Slurm tells of all tasks.
    """
    cases = "\n".join(f"{task}) command={shlex.quote(command)} ;;" for task, command in enumerate(commands, start=1))
    return f"""#!/bin/sh
case "$SLURM_ARRAY_TASK_ID" in
{cases}
*) echo "The array has no task $SLURM_ARRAY_TASK_ID." >&2; exit 1 ;;
esac
preempted() {{
    SLURM_TIME_FORMAT=standard scontrol show job "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID" | tr ' ' '\\n' | awk -F= '
        $1 == "StartTime" {{ start = $2 }}
        $1 == "PreemptTime" {{ preempted = $2 }}
        END {{ exit !(preempted ~ /^[0-9]/ && preempted >= start) }}'
}}
srun --ntasks=1 --nodes=1 --cpus-per-task="${{SLURM_CPUS_PER_TASK:-1}}" --cpu-bind=quiet sh -c "exec $command"
code=$?
if [ $code -ne 0 ] && preempted; then sleep infinity; fi
exit $code
"""
