"""Dealing notes over shards: every source is read once as a stream, and what is known about each note waits on disk."""

import bisect
import json
import os
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any

from musicologist.core import downloads, parquet, progress, shard_writing
from musicologist.core.errors import UserError
from musicologist.core.threads import in_order
from musicologist.notes import entries, nsynth
from musicologist.notes.tables import NOTES

_ROW_GROUP = 1_000
_AHEAD = 32  # notes that may wait for their encoding
_BUFFER = 1 << 20  # bytes of clips written at once
_NAMED = 20  # of the notes that are left out for one reason
_AT_ONCE = 240  # rows of four values, of which SQLite may take 999: each statement waits for the interpreter
_TABLES = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE entries (key TEXT PRIMARY KEY, split TEXT, instrument TEXT, entry TEXT) WITHOUT ROWID;
    CREATE TABLE clips (key TEXT PRIMARY KEY, start INTEGER, length INTEGER, fault TEXT) WITHOUT ROWID;"""
_WANTED = """
    SELECT {} FROM (
        SELECT ROW_NUMBER() OVER (ORDER BY key) - 1 AS position, * FROM (
            SELECT ROW_NUMBER() OVER (PARTITION BY split, instrument ORDER BY key) AS place, * FROM entries)
        WHERE place <= :per_instrument OR :per_instrument = 0)
    JOIN clips USING (key) WHERE {} ORDER BY key"""
_CHOSEN = _WANTED.format("position, key, entry, split, start, length", "length > 0")
_LEFT_OUT = _WANTED.format("key, fault", "fault != ''")


@dataclass(frozen=True)
class Source:
    """A split's notes and where they lie: an archive that holds nsynth-SPLIT/, or that folder unpacked."""

    place: str | Path
    split: str


def pack(
    sources: Sequence[Source],
    per_instrument: int,
    targets: Sequence[str | Path],
    table: str | Path,
    threads: int = 1,
) -> int:
    """Deal the notes of all sources over the tar shards ``targets`` and write the notes table; returns how many.

    At most ``per_instrument`` notes of an instrument are taken, the first ones by name (0: all). Notes that cannot be heard
    (silent, of which NSynth has some, broken, too short) are left out, counted and named, with the reason, in the log and in
    the table's metadata (``left_out``). Shards and table are in the order of the names: whether the notes come from an archive
    or a folder, and in which order, changes no byte.

    Each source is read once. Encoded clips wait in one temporary file beside the first target, names and entries in SQLite's
    own; neither has a name, so that memory holds a few notes, whatever the number, and a kill leaves nothing. ``threads``
    encode beside the one that unpacks.

    Raises UserError where a source is not as ``nsynth.read`` expects, a note is not at 16 kHz or stands twice, an entry has no
    note or a note no entry, there are fewer notes than targets, or the disk is too small.
    """
    Path(targets[0]).parent.mkdir(parents=True, exist_ok=True)
    _require_space(sources, per_instrument, Path(targets[0]))
    with (
        tempfile.TemporaryFile(dir=Path(targets[0]).parent, buffering=_BUFFER) as spool,
        closing(sqlite3.connect("")) as index,
    ):
        index.executescript(_TABLES)
        intake = _Intake(index, spool, per_instrument, threads)
        for source in sources:
            intake.take(source)
        spool.flush()
        return _deal(index, spool, sources, per_instrument, targets, table)


def _require_space(sources: Sequence[Source], per_instrument: int, target: Path) -> None:
    """Shards and waiting clips together: FLAC takes about as much as the gzipped WAV files, so twice the archive is enough."""
    most = sum(nsynth.size(source.place) for source in sources)
    if per_instrument:
        most = min(most, len(sources) * nsynth.INSTRUMENTS * per_instrument * nsynth.NOTE_BYTES)
    print(
        f"Packing needs at most {2 * most / 1e9:.2f} GB of disk, half of it until it ends.", file=sys.stderr, flush=True
    )
    downloads.require_space(target.parent, 2 * most, "Packing the notes", "free some, or limit notes.per_instrument")


@dataclass
class _Intake:
    """Takes in the stream of a source: entries and clips into the index, encoded audio into the spool."""

    index: sqlite3.Connection
    spool: IO[bytes]
    per_instrument: int
    threads: int
    spooled: int = 0
    candidates: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    waiting: dict[str, dict[str, tuple]] = field(default_factory=lambda: {"entries": {}, "clips": {}})

    def take(self, source: Source) -> None:
        """Read one source to its end."""
        self.candidates.clear()
        items = progress.shown(nsynth.read(source.place, source.split), None, f"{source.split}: items read")
        asked = ((key, content, not isinstance(content, bytes) or self._may_be_chosen(key)) for key, content in items)
        for key, content, fault in in_order(partial(_encoded, source), asked, self.threads, _AHEAD):
            if isinstance(content, bytes):
                self._know(source, "clips", key, self.spooled, len(content), fault)
                self.spooled += self.spool.write(content)
            else:
                row = entries.row(source.place, key, content, source.split)
                told = json.dumps(content, ensure_ascii=False)
                self._know(source, "entries", key, source.split, row["instrument"], told)
        for into in self.waiting:
            self._insert(source, into)
        self._compare(source)

    def _know(self, source: Source, into: str, key: str, *values: Any) -> None:
        """Keep a row for the index, which takes many at once; UserError where its note has one already."""
        rows = self.waiting[into]
        if key in rows:
            raise _twice(source, into, key)
        rows[key] = (key, *values)
        if len(rows) == _AT_ONCE:
            self._insert(source, into)

    def _insert(self, source: Source, into: str) -> None:
        rows = self.waiting[into]
        known = f"SELECT MIN(key) FROM {into} WHERE key IN ({', '.join('?' * len(rows))})"
        if key := self.index.execute(known, list(rows)).fetchone()[0]:
            raise _twice(source, into, key)
        if rows:
            values = ", ".join("(?, ?, ?, ?)" for _ in rows)
            self.index.execute(f"INSERT INTO {into} VALUES {values}", [*chain.from_iterable(rows.values())])
            rows.clear()

    def _may_be_chosen(self, key: str) -> bool:
        """Whether a note is among the first of its instrument so far: others need not be encoded."""
        names = self.candidates[entries.instrument_of(key)]
        if self.per_instrument:
            bisect.insort(names, key)
            del names[self.per_instrument :]
        return not self.per_instrument or key in names

    def _compare(self, source: Source) -> None:
        for first, second, what in (
            ("entries", "clips", f"examples.json names {{}}, but nsynth-{source.split}/audio has no such wav"),
            ("clips", "entries", "{}.wav has no entry in examples.json"),
        ):
            query = f"SELECT MIN(key), COUNT(*) FROM {first} WHERE key NOT IN (SELECT key FROM {second})"
            name, number = self.index.execute(query).fetchone()
            if number:
                raise UserError(f"{source.place}: {what.format(name)} ({number} such): fetch or make the notes again.")
        if not self.index.execute("SELECT COUNT(*) FROM entries WHERE split = ?", (source.split,)).fetchone()[0]:
            raise UserError(f"{source.place}: its examples.json holds no notes: expected an entry for each note.")


def _twice(source: Source, into: str, key: str) -> UserError:
    what = "in examples.json " if into == "entries" else ""
    return UserError(
        f"{source.place}: the note {key} stands twice {what}(or in two splits): expected each once; fetch or make the notes "
        "again."
    )


def _encoded(source: Source, item: tuple[str, dict[str, Any] | bytes, bool]) -> tuple[str, dict[str, Any] | bytes, str]:
    """An item with its WAV file as FLAC, or empty: where it is not wanted, or for the reason that it cannot be heard."""
    key, content, wanted = item
    if not isinstance(content, bytes):
        return key, content, ""
    try:
        place = f"{source.place}, nsynth-{source.split}/audio/{key}.wav"
        return key, nsynth.flac(place, content) if wanted else b"", ""
    except nsynth.Unusable as error:
        return key, b"", error.reason


def _deal(
    index: sqlite3.Connection,
    spool: IO[bytes],
    sources: Sequence[Source],
    per_instrument: int,
    targets: Sequence[str | Path],
    table: str | Path,
) -> int:
    import pyarrow as pa

    total, left_out = 0, _left_out(index, per_instrument)
    with ExitStack() as stack:
        writers = [stack.enter_context(shard_writing.ShardWriter(target)) for target in targets]
        append = stack.enter_context(parquet.writer(table, NOTES, {"left_out": json.dumps(left_out)}))
        chosen = index.execute(_CHOSEN, {"per_instrument": per_instrument})
        while group := chosen.fetchmany(_ROW_GROUP):
            rows = []
            for position, key, entry, split, start, length in group:
                record = json.loads(entry)
                writers[position % len(writers)].add_encoded(key, os.pread(spool.fileno(), length, start), record)
                rows.append(entries.columns(key, record, split))
            append(pa.Table.from_pylist(rows, schema=NOTES))
            total += len(rows)
        if not all(writer.keys for writer in writers):
            raise UserError(
                f"{' and '.join(str(source.place) for source in sources)}: {total} notes that can be heard, too few "
                f"for {len(writers)} shards{''.join(f' ({one})' for one in _told(left_out))}: lower notes.shards or give "
                "more notes."
            )
    return total


def _left_out(index: sqlite3.Connection, per_instrument: int) -> dict[str, dict[str, Any]]:
    """By reason, how many of the wanted notes cannot be heard, and the first names."""
    by_fault: dict[str, list[str]] = defaultdict(list)
    for key, fault in index.execute(_LEFT_OUT, {"per_instrument": per_instrument}):
        by_fault[fault].append(key)
    left_out = {fault: {"notes": len(keys), "first": keys[:_NAMED]} for fault, keys in sorted(by_fault.items())}
    for sentence in _told(left_out):
        print(f"{sentence}.", file=sys.stderr, flush=True)
    return left_out


def _told(left_out: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        f"Left out: {found['notes']} notes ({fault}), first {', '.join(found['first'])}"
        for fault, found in left_out.items()
    ]
