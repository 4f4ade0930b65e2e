"""Download an archive of notes once. What was received stays beside the target, and the next try goes on from there."""

import argparse
import os
import urllib.error
import urllib.request
from pathlib import Path

from musicologist import cli
from musicologist.errors import UserError

BLOCK = 1 << 20


def main() -> None:
    """Fetch ADDRESS into OUTPUT by way of OUTPUT's hidden partial file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    partial = arguments.output.with_name(f".{arguments.output.name}.partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(arguments.address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            resumed = response.status == 206
            expected = int(response.headers["Content-Length"] or 0) + (have if resumed else 0)
            with open(partial, "ab" if resumed else "wb") as target:
                while block := response.read(BLOCK):
                    target.write(block)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise UserError(
            f"{arguments.address} could not be downloaded ({error}): check the address and the network, and run again, "
            "or set inputs.notes to a file that you have."
        ) from None
    if expected and partial.stat().st_size != expected:
        raise UserError(
            f"{arguments.address} broke off after {partial.stat().st_size} of {expected} bytes: run again to go on "
            "from there."
        )
    os.replace(partial, arguments.output)


if __name__ == "__main__":
    cli.run(main)
