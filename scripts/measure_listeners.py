"""Measure the curves of people who listened blindly, from what the listening page exported."""

import argparse
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

    found = listeners.files(arguments.listeners)
    answers = [answer for path in found for answer in listeners.read(path, arguments.concepts)]
    if not answers:
        raise UserError(f"inputs.listeners: no answer in {', '.join(map(str, found))}: listen first, then export.")
    results_writing.write(arguments.output, listeners.measure(answers, arguments.resamples, arguments.seed))


if __name__ == "__main__":
    programs.run(main)
