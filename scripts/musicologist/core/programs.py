"""What every script shares: leaving with one sentence, and progress that suits a terminal or a log."""

import errno
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from musicologist.core.errors import UserError

T = TypeVar("T")


def run(main: Callable[[], None]) -> None:
    """Call ``main`` and leave the process: 0 when it returns, 1 with one sentence on stderr for a user's mistake.

    SIGTERM (pre-emption, time limit, Snakemake's own clean-up) is raised as ``SystemExit`` so that temporary files go.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        main()
    except UserError as error:
        _leave(str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        place = f" while writing {error.filename}" if error.filename else ""
        _leave(f"The disk is full{place}: free some space and run again; finished products are untouched.")
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


def _leave(sentence: str) -> None:
    print(" ".join(sentence.split()), file=sys.stderr)
    sys.exit(1)


def progress(items: Iterable[T], total: int | None, what: str, every_s: float = 30.0) -> Iterator[T]:
    """Yield ``items``, showing a bar on a terminal and a plain line every ``every_s`` seconds in a log."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, total=total, desc=what)
        return
    start = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= every_s or done == total:
            print(
                f"{what}: {done if total is None else f'{done}/{total}'} after {now - start:.0f} s",
                file=sys.stderr,
                flush=True,
            )
            last = now
