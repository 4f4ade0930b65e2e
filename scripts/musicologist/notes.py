"""Notes in NSynth's layout (Engel et al. 2017, arXiv 1704.01279): a tar.gz, read and written as a stream."""

import gzip
import io
import json
import tarfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from musicologist import cli, shards
from musicologist.errors import UserError
from musicologist.files import atomic_path
from musicologist.vocabulary import FAMILIES, QUALITIES, SOURCES

SAMPLE_RATE = 16_000  # Hz
_BLOCK = 1 << 20


def pack(archive: str | Path, split: str, per_instrument: int, targets: Sequence[str | Path]) -> list[dict[str, Any]]:
    """Deal the notes of ``archive`` over the tar shards ``targets``; returns a row of the notes table for each, by note_id.

    At most ``per_instrument`` notes of an instrument are taken, the first ones by name (0: all). Silent notes, of which
    NSynth has some, are left out. Which shard a note goes to follows from the sorted names, whatever the archive's order.

    The archive is read as a stream. examples.json may stand anywhere; where it stands behind the notes, the archive is read
    twice, once to find it. Memory holds one note and examples.json (NSynth's train split: 0.7 GB).

    Raises UserError where the archive is truncated or no such archive, a note is not at 16 kHz or stands twice, an entry of
    examples.json has no note or a note no entry, or there are fewer notes than targets.
    """
    entries = _entries(archive, split)
    rows = _choose([_row(archive, key, entries[key], split) for key in sorted(entries)], per_instrument)
    position = {row["note_id"]: number for number, row in enumerate(rows)}
    seen: set[str] = set()
    silent: set[str] = set()
    folder = f"nsynth-{split}/audio/"
    with ExitStack() as stack:
        writers = [stack.enter_context(shards.ShardWriter(target)) for target in targets]
        wavs = _members(archive, lambda name: name.startswith(folder) and name.endswith(".wav"))
        for name, content in cli.progress(wavs, len(entries), "notes read"):
            key = Path(name).stem
            if key in seen:
                raise UserError(
                    f"{archive}: the note {key} stands twice: expected each once; fetch or make the archive again."
                )
            seen.add(key)
            if key not in position:
                continue
            audio = _audio(f"{archive}, {name}", content)
            if audio.any():
                writers[position[key] % len(writers)].add(shards.Clip(key, audio, SAMPLE_RATE, entries[key]))
            else:
                silent.add(key)
        _check(archive, split, entries.keys(), seen)
        if not all(writer.keys for writer in writers):
            raise UserError(
                f"{archive} has {len(rows)} notes to deal ({len(silent)} of them silent), too few for {len(writers)} shards: "
                "lower notes.shards or give more notes."
            )
    return [row for row in rows if row["note_id"] not in silent]


def _choose(rows: Iterable[dict[str, Any]], per_instrument: int) -> list[dict[str, Any]]:
    """The first ``per_instrument`` rows of each instrument (0: all)."""
    taken: Counter[str] = Counter()
    chosen = []
    for row in rows:
        taken[row["instrument"]] += 1
        if not per_instrument or taken[row["instrument"]] <= per_instrument:
            chosen.append(row)
    return chosen


def _members(archive: str | Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the wanted files of an archive, in their order.

    Unpacked by gzip, not by tarfile, which takes the end of a truncated stream for the end of the archive.
    """
    try:
        with gzip.open(archive) as unpacked, tarfile.open(fileobj=unpacked, mode="r|", bufsize=_BLOCK) as tar:
            for member in tar:
                tar.members.clear()  # tarfile remembers every member for as long as it is open
                name = member.name.removeprefix("./")
                if member.isfile() and wanted(name):
                    stream = tar.extractfile(member)
                    yield name, stream.read() if stream else b""
            while unpacked.read(_BLOCK):  # up to the checksum at the end
                pass
    except FileNotFoundError:
        raise UserError(f"{archive} does not exist: expected an archive in NSynth's layout (notes.archive).") from None
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{archive} is truncated or no tar.gz file ({error}): expected an archive in NSynth's layout; fetch or make it "
            "again."
        ) from None


def _entries(archive: str | Path, split: str) -> dict[str, Any]:
    """The entries of examples.json by the notes' names; the archive is read no further than this file."""
    found: set[str] = set()

    def wanted(name: str) -> bool:
        found.add(name.split("/")[0])
        return name == f"nsynth-{split}/examples.json"

    content = next((content for _, content in _members(archive, wanted)), None)
    if content is None:
        raise UserError(
            f"{archive} has no nsynth-{split}/examples.json (it holds {', '.join(sorted(found)[:3]) or 'nothing'}): expected "
            "NSynth's layout; check notes.split and the archive."
        )
    try:
        entries = json.loads(content, object_pairs_hook=_unique)
    except ValueError as error:
        raise UserError(f"{archive}: its examples.json is not as expected ({error}): fetch or make it again.") from None
    if not isinstance(entries, dict) or not entries:
        raise UserError(f"{archive}: its examples.json holds no notes: expected an entry for each note.")
    return entries


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice} stands twice")
    return content


def _audio(place: str, content: bytes) -> np.ndarray:
    import soundfile

    try:
        audio, rate = shards.decode(content)
    except soundfile.LibsndfileError as error:
        raise UserError(f"{place} is no readable WAV file ({error}): fetch or make the archive again.") from None
    if rate != SAMPLE_RATE:
        raise UserError(f"{place} has a rate of {rate} Hz: expected {SAMPLE_RATE} Hz as in NSynth; resample the notes.")
    if audio.shape[1] < shards.SHORTEST * rate:
        raise UserError(
            f"{place} is {audio.shape[1] / rate:.3f} s long: expected a note of 4 s, at least {shards.SHORTEST} s."
        )
    return audio


def _check(archive: str | Path, split: str, entries: Set[str], seen: Set[str]) -> None:
    for names, what in (
        (entries - seen, f"examples.json names {{}}, but nsynth-{split}/audio has no such wav"),
        (seen - entries, "{}.wav has no entry in examples.json"),
    ):
        if names:
            raise UserError(
                f"{archive}: {what.format(min(names))} ({len(names)} such): fetch or make the archive again."
            )


def _row(archive: str | Path, key: str, entry: dict[str, Any], split: str) -> dict[str, Any]:
    try:
        row = {
            "note_id": key,
            "instrument": entry["instrument_str"],
            "family": entry["instrument_family_str"],
            "source": entry["instrument_source_str"],
            "qualities": [name for name, present in zip(QUALITIES, entry["qualities"], strict=True) if present],
            "pitch": int(entry["pitch"]),
            "velocity": int(entry["velocity"]),
            "split": split,
        }
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{archive}: the entry of {key} in examples.json is not as NSynth's ({type(error).__name__}: {error}): expected "
            f"instrument_str, instrument_family_str, instrument_source_str, pitch, velocity and {len(QUALITIES)} qualities."
        ) from None
    for field, known in (("family", FAMILIES), ("source", SOURCES)):
        if row[field] not in known:
            raise UserError(
                f"{archive}: the note {key} has the {field} {row[field]!r} in examples.json: expected one of "
                f"{', '.join(known)}."
            )
    return row


def entry(number: int, instrument: str, pitch: int, velocity: int, qualities: Iterable[str]) -> dict[str, Any]:
    """One entry of examples.json, with NSynth's keys; ``instrument`` is FAMILY_SOURCE_NNN."""
    family, source, _ = instrument.rsplit("_", 2)
    present = set(qualities)
    return {
        "note": number,
        "note_str": f"{instrument}-{pitch:03d}-{velocity:03d}",
        "instrument_str": instrument,
        "pitch": pitch,
        "velocity": velocity,
        "sample_rate": SAMPLE_RATE,
        "qualities": [int(quality in present) for quality in QUALITIES],
        "qualities_str": [quality for quality in QUALITIES if quality in present],
        "instrument_family": FAMILIES.index(family),
        "instrument_family_str": family,
        "instrument_source": SOURCES.index(source),
        "instrument_source_str": source,
    }


def write_archive(path: str | Path, split: str, notes: Iterable[tuple[dict[str, Any], np.ndarray]]) -> int:
    """Write notes (an entry of examples.json and audio (samples,) each) as NSynth's tar.gz, examples.json last.

    The same notes give the same bytes. Returns how many there were.
    """
    import soundfile

    entries = {}
    with (
        atomic_path(path) as temporary,
        open(temporary, "wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for note, audio in notes:
            entries[note["note_str"]] = note
            buffer = io.BytesIO()
            integers = np.rint(np.clip(audio, -1, 1) * 32767).astype(np.int16)
            soundfile.write(buffer, integers, SAMPLE_RATE, format="WAV", subtype="PCM_16")
            _add(tar, f"nsynth-{split}/audio/{note['note_str']}.wav", buffer.getvalue())
        _add(tar, f"nsynth-{split}/examples.json", json.dumps(entries, indent=1).encode())
    return len(entries)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
