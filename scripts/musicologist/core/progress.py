"""Progress that suits a terminal or a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def shown(items: Iterable[T], total: int | None, what: str, every_s: float = 30.0) -> Iterator[T]:
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
