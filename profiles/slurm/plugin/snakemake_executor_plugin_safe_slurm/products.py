"""Whether the products of a job that Slurm calls completed can be seen from here."""

import os
from pathlib import Path

from snakemake.io import is_flagged
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface


def missing(job: JobExecutorInterface) -> list[str]:
    """Products that cannot be seen yet.

    A network file system remembers for a while that a file was not there. Listing its folder makes it ask again.
    """
    outputs = [file for member in (job.jobs if job.is_group() else [job]) for file in member.output]
    lasting = [file for file in outputs if not (is_flagged(file, "temp") or getattr(file, "is_storage", False))]
    for folder in {Path(file).parent for file in lasting if not os.path.lexists(file)}:
        try:
            os.listdir(folder)
        except OSError:  # not there yet itself, or a stale handle: the next look opens it anew
            continue
    return [str(file) for file in lasting if not os.path.lexists(file)]
