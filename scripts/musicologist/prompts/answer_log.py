"""The append-only file of a language model's answers: paid for, so what is in it is never lost and never asked again."""

import errno
import fcntl
import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from musicologist.core import documents
from musicologist.core.errors import UserError

_KEYS = {"template", "model", "pass", "texts", "answer"}


class AnswerLog:
    """An open file of answers: those that it holds, and a way to add one (from any thread)."""

    def __init__(self, records: list[dict[str, Any]], handle: int) -> None:
        """``records`` in the file's order; ``handle`` is open for appending."""
        self.records = records
        self._handle = handle
        self._lock = threading.Lock()

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a record; it is on the disk when this returns."""
        line = json.dumps(record, ensure_ascii=False) + "\n"
        rest = memoryview(line.encode())
        with self._lock:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            os.fsync(self._handle)
            self.records.append(json.loads(line))


@contextmanager
def opened(path: str | Path) -> Iterator[AnswerLog]:
    """Open the answers at ``path`` (JSON Lines) for reading and appending.

    What a killed job left half-written at the end is cut off. While another process has the file open, an orphan of a killed
    run for instance, this waits: what that process still receives is then there and is not asked again.

    Raises UserError where the file is none of ours.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        _lock(handle, path)
        records, good = _read(path)
        os.ftruncate(handle, good)
        yield AnswerLog(records, handle)
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Waiting for the other process that is writing {path} ...", file=sys.stderr, flush=True)
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):  # a file system without locks
            raise


def _read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """All whole records, and where the last one ends in the file."""
    *lines, torn = path.read_bytes().split(b"\n")
    records = []
    for number, line in enumerate(lines, 1):
        try:
            record = documents.from_json(line)
            if not isinstance(record, dict) or not record.keys() >= _KEYS or not isinstance(record["answer"], str):
                raise ValueError("no answer")
            records.append(record)
        except ValueError:
            raise UserError(
                f"{path}, line {number}: no answer, found {line[:60]!r}: set the file right from a copy, or delete that line."
            ) from None
    return records, path.stat().st_size - len(torn)
