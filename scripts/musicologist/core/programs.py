"""What every script shares: leaving with one sentence, and progress that suits a terminal or a log."""

import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from musicologist.core import errors

T = TypeVar("T")


def run(main: Callable[[], None]) -> None:
    """Call ``main`` and leave the process: 0 when it returns, 1 with one sentence on stderr for whatever ended it.

    SIGTERM (pre-emption, time limit, Snakemake's own clean-up) is raised as ``SystemExit`` so that temporary files go.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        print(errors.sentence_of(error), file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


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
