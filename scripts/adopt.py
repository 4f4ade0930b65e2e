"""Take a finished run over after an upgrade: make a few products again elsewhere and, where they are the same, keep all."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from musicologist.core import programs
from musicologist.core.errors import UserError
from musicologist.workflow import upgrading


def main() -> None:
    """Compare samples of each costly rule that is stale by its code alone; mark all its products as fresh or change nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=2, help="jobs of each rule to run again")
    parser.add_argument(
        "--tolerance", type=float, default=0.0, help="by how much numbers may differ; audio: of full scale"
    )
    parser.add_argument(
        "snakemake", nargs="*", metavar="-- ARGUMENT", help="arguments of snakemake; default: --cores 1"
    )
    arguments = parser.parse_args()
    options = arguments.snakemake or ["--cores", "1"]

    before: dict[Path, str] = {}
    adopted: dict[str, int] = {}
    while True:  # what follows an adopted job shows only then what changed for itself
        jobs, refused = upgrading.adoptable(upgrading.planned(options))
        if not jobs:
            break
        with tempfile.TemporaryDirectory(prefix=".adopt-", dir=".") as folder:
            try:
                _compare(
                    upgrading.samples(jobs, arguments.samples), Path(folder).resolve(), arguments.tolerance, options
                )
            except BaseException:
                upgrading.restore(before)
                raise
        before |= upgrading.mark_fresh(jobs)
        for job in jobs:
            adopted[job.rule] = adopted.get(job.rule, 0) + 1
    for rule, reason in dict.fromkeys((job.rule, reason) for job, reason in refused):
        print(f"{rule} is not adopted, for more than its code has changed: {reason}.")
    for rule, number in adopted.items():
        print(f"{rule}: the samples made again are the same; {number} jobs count as fresh.")
    if not adopted:
        print("No costly job is stale by its code alone: nothing is adopted.")


def _compare(chosen: Sequence[upgrading.Job], folder: Path, tolerance: float, options: Sequence[str]) -> None:
    """Run the chosen jobs in ``folder``; UserError, naming the products, where one comes out otherwise."""
    products = [output for job in chosen for output in job.outputs if Path(output).is_file()]
    upgrading.mirror([output for job in chosen for output in job.outputs], folder)
    command = [sys.executable, "-m", "snakemake", *options, "--directory", str(folder), "--rerun-triggers", "code"]
    command += ["--notemp", "--nolock", "--allowed-rules", *dict.fromkeys(job.rule for job in chosen), "--", *products]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        last = " ".join(done.stdout.splitlines()[-8:])
        raise UserError(f"The samples could not be made, so nothing is adopted: {last}")
    found = {name: upgrading.difference(Path(name), folder / name, tolerance) for name in products}
    if differing := [f"{name}: {what}" for name, what in found.items() if what]:
        raise UserError(f"The new code makes other products, so nothing is adopted: {'; '.join(differing)}.")


if __name__ == "__main__":
    programs.run(main)
