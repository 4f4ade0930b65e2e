"""Gzip as a stream of blocks, unpacked in another thread while the blocks before are worked on."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, BinaryIO, TypeVar

from isal import isal_zlib  # zlib at half the time

T = TypeVar("T")

Damaged: Any = isal_zlib.error
"""What damaged gzip raises."""

PACKED = 1 << 18
"""Bytes read at once: far more than GzipFile of Python 3.11 takes, whose thread waits for others at each."""
_UNPACKED = 1 << 19  # bytes of a block at most, however well it was packed
_AHEAD = 3  # blocks


def gunzipped(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is packed in a gzip file, of one member or several, up to the checksum at the end.

    All that came before a cut is handed over. Raises EOFError where the file breaks off, Damaged where it is damaged.
    """
    unpacker, begun = isal_zlib.decompressobj(wbits=31), False
    for block in iter(partial(file.read, PACKED), b""):
        while block := block if begun else block.lstrip(b"\0"):  # zeros may stand between members, and at the end
            begun = True
            if unpacked := unpacker.decompress(block, _UNPACKED):
                yield unpacked
            block = unpacker.unconsumed_tail
            if unpacker.eof:
                block, unpacker, begun = unpacker.unused_data, isal_zlib.decompressobj(wbits=31), False
    if begun:
        raise EOFError("it ends before the end-of-stream marker")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield ``items`` in their order; another thread makes a few of them in advance."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, items, end) for _ in range(_AHEAD))
        while (item := coming.popleft().result()) is not end:
            coming.append(pool.submit(next, items, end))
            yield item  # type: ignore[misc] # it is not the end
