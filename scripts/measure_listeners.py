"""Measure the curves of people who listened blindly, from what the listening page exported."""

import argparse
import sys
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write the table, a row for each concept, signal and level."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", nargs="+", type=Path, required=True, help="CSV files, or folders of them")
    parser.add_argument("--concepts", nargs="+", required=True, help="the run's concepts")
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    from musicologist.core import results_writing
    from musicologist.core.errors import UserError
    from musicologist.listening import listeners

    answers, repeated = listeners.gathered(arguments.listeners, arguments.concepts)
    for path in repeated:
        print(f"{path} is left out: another file begins with all of its answers.", file=sys.stderr)
    if not answers:
        named = ", ".join(map(str, arguments.listeners))
        raise UserError(f"inputs.listeners: no answer in {named}: listen first, then export.")
    results_writing.write(arguments.output, listeners.measure(answers, arguments.resamples, arguments.seed))


if __name__ == "__main__":
    programs.run(main)
