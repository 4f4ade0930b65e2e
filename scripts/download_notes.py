"""Download an archive of notes once: the next try goes on where one broke off, and later runs must receive the same bytes."""

import argparse
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Fetch ADDRESS into OUTPUT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True, help="or the name of an environment variable that holds it")
    parser.add_argument("--lock", type=Path, required=True, help="sizes and checksums by address, written at first use")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    from musicologist.core import downloads

    downloads.fetch_locked(
        downloads.resolved(arguments.address), arguments.output, arguments.lock, downloads.fault_of_archive
    )


if __name__ == "__main__":
    programs.run(main)
