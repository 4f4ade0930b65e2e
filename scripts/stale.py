"""Say what is stale: what changed, which rules, how many jobs, about how many hours. Arguments are those of snakemake."""

import sys

from musicologist.core import programs
from musicologist.workflow import upgrading


def main() -> None:
    """Print the table; whatever follows the name of this program goes to Snakemake."""
    jobs = upgrading.planned(sys.argv[1:] or ["--cores", "1"])
    if not jobs:
        print("Nothing is stale.")
        return
    times, sources = upgrading.seconds(jobs)
    print(f"{'what changed':<34} {'rule':<26} {'jobs':>6} {'hours':>8}")
    hours = {True: 0.0, False: 0.0}
    for change, rule, number, known, gpu in upgrading.summary(jobs, times):
        hours[gpu] += known
        print(f"{change:<34} {rule:<26} {number:>6} {known:>8.2f} {'GPU' if gpu else ''}".rstrip())
    print(f"In all {len(jobs)} jobs, about {hours[True]:.2f} GPU-hours and {hours[False]:.2f} hours without a GPU")
    counts = {source: list(sources.values()).count(source) for source in sorted(set(sources.values()))}
    known = ", ".join(f"{number} jobs from {source}" for source, number in counts.items()) or "no job"
    print(f"(times: {known}; {len(jobs) - len(times)} jobs without a known time count as none).")


if __name__ == "__main__":
    if sys.argv[1:] in (["--help"], ["-h"]):
        print(f"{__doc__}\nusage: stale.py [ARGUMENTS OF SNAKEMAKE]")
    else:
        programs.run(main)
