"""Wait until no Slurm job of an earlier run of this directory is left: `python -m snakemake_executor_plugin_safe_slurm`."""

import os
import sys
import time

from snakemake_interface_common.exceptions import WorkflowError

from snakemake_executor_plugin_safe_slurm import queue

PAUSE_S = 5


def main() -> None:
    """Return when the last job has left the queue; what they finish is kept by the next run."""
    before = None
    while jobs := queue.of_directory(os.getcwd()):
        if len(jobs) != before:
            print(f"Waiting for {len(jobs)} Slurm jobs of an earlier run (the first: {jobs[0]}).", file=sys.stderr)
        before = len(jobs)
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    try:
        main()
    except WorkflowError as error:
        sys.exit(str(error))
