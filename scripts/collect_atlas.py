"""Put the emergence tables of all concepts one below the other."""

import argparse
from pathlib import Path

from musicologist import cli
from musicologist.errors import UserError


def main() -> None:
    """Write the atlas as one long table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emergence", nargs="+", type=Path, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.files import write_text

    head, lines = None, []
    for path in arguments.emergence:
        first, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if head not in (None, first):
            raise UserError(f"{path} has other columns than the tables before it: delete it and run again.")
        head, lines = first, [*lines, *rest]
    write_text(arguments.output, "".join([head, *lines]))


if __name__ == "__main__":
    cli.run(main)
