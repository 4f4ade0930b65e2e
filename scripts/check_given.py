"""Whether the given files that a job is about to read are still as its run was planned with; rules ask before they start."""

import argparse
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """End with one sentence where a file among the words of the command was edited meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("digests", type=Path, help="results/RUN/planned/given.json")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the words of the job's command")
    arguments = parser.parse_args()

    from musicologist.workflow import given

    given.require_planned(arguments.digests, arguments.command)


if __name__ == "__main__":
    programs.run(main)
