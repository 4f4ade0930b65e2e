"""Notes in NSynth's layout (Engel et al. 2017, arXiv 1704.01279): a tar.gz read as a stream, once, and written the same way."""

import gzip
import io
import json
import re
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from musicologist import shards
from musicologist.errors import UserError
from musicologist.files import atomic_path
from musicologist.vocabulary import FAMILIES, QUALITIES, SOURCES

SAMPLE_RATE = 16_000  # Hz
_NAME = re.compile(rf"({'|'.join(FAMILIES)})_({'|'.join(SOURCES)})_\d+-(\d+)-(\d+)")


def pack(archive: str | Path, split: str, per_instrument: int, targets: Sequence[str | Path]) -> list[dict[str, Any]]:
    """Deal the notes of ``archive`` over the tar shards ``targets`` and return a row of the notes table for each.

    The archive is read once, whether examples.json stands before or after the notes; memory holds one note and the metadata.
    At most ``per_instrument`` notes of an instrument are taken, the first ones (0: all). Silent notes, of which NSynth has
    some, are left out. Rows are sorted by note_id.

    Raises UserError where the archive is truncated or no such archive, a note is not at 16 kHz, stands twice, or stands in
    examples.json and not among the notes or the other way round.
    """
    entries: dict[str, Any] | None = None
    seen: set[str] = set()
    kept: set[str] = set()
    taken: Counter[str] = Counter()
    with ExitStack() as stack:
        writers = [stack.enter_context(shards.ShardWriter(target)) for target in targets]
        for name, content in _members(archive):
            if name == f"nsynth-{split}/examples.json":
                entries = _entries(archive, content)
            elif name.startswith(f"nsynth-{split}/audio/") and name.endswith(".wav"):
                key = Path(name).stem
                if key in seen:
                    raise UserError(
                        f"{archive}: the note {key} stands twice: expected each note once; fetch or make it anew."
                    )
                seen.add(key)
                record = _record(archive, key)
                if per_instrument and taken[record["instrument_str"]] >= per_instrument:
                    continue
                audio = _audio(f"{archive}, {name}", content)
                if audio.any():
                    taken[record["instrument_str"]] += 1
                    writers[len(kept) % len(writers)].add(shards.Clip(key, audio, SAMPLE_RATE, record))
                    kept.add(key)
        _check(archive, split, entries, seen)
    return [_row(archive, key, entries[key], split) for key in sorted(kept)]


def _members(archive: str | Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of an archive's files, in their order."""
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for member in tar:
                if member.isfile():
                    stream = tar.extractfile(member)
                    content = stream.read() if stream else b""
                    if len(content) != member.size:
                        raise EOFError(f"{member.name} breaks off")
                    yield member.name.removeprefix("./"), content
    except FileNotFoundError:
        raise UserError(f"{archive} does not exist: expected an archive in NSynth's layout (notes.archive).") from None
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{archive} is truncated or no tar.gz file ({error}): expected an archive in NSynth's layout; fetch or make it "
            "again."
        ) from None


def _entries(archive: str | Path, content: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(content)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{archive}: its examples.json is not JSON ({error}): fetch or make it again.") from None
    if not isinstance(entries, dict) or not entries:
        raise UserError(f"{archive}: its examples.json holds no notes: expected an entry for each note.")
    return entries


def _record(archive: str | Path, key: str) -> dict[str, Any]:
    """What a note's name tells: FAMILY_SOURCE_NNN-PITCH-VELOCITY."""
    match = _NAME.fullmatch(key)
    if match is None:
        raise UserError(
            f"{archive}: the note {key} is not named as NSynth's are (FAMILY_SOURCE_NNN-PITCH-VELOCITY, families "
            f"{', '.join(FAMILIES)}): rename it."
        )
    family, source, pitch, velocity = match.groups()
    return {
        "note_str": key,
        "instrument_str": key.rsplit("-", 2)[0],
        "instrument_family_str": family,
        "instrument_source_str": source,
        "pitch": int(pitch),
        "velocity": int(velocity),
    }


def _audio(place: str, content: bytes) -> np.ndarray:
    import soundfile

    try:
        audio, rate = shards.decode(content)
    except soundfile.LibsndfileError as error:
        raise UserError(f"{place} is no readable WAV file ({error}): fetch or make the archive again.") from None
    if rate != SAMPLE_RATE:
        raise UserError(f"{place} has a rate of {rate} Hz: expected {SAMPLE_RATE} Hz as in NSynth; resample the notes.")
    if audio.shape[1] < SAMPLE_RATE // 10:
        raise UserError(f"{place} is {audio.shape[1] / rate:.3f} s long: expected a note of 4 s, at least 0.1 s.")
    return audio


def _check(archive: str | Path, split: str, entries: dict[str, Any] | None, seen: set[str]) -> None:
    if entries is None:
        raise UserError(
            f"{archive} has no nsynth-{split}/examples.json: expected NSynth's layout; check notes.split and the archive."
        )
    for names, what in (
        (entries.keys() - seen, f"examples.json names {{}}, but nsynth-{split}/audio has no such wav"),
        (seen - entries.keys(), "{}.wav has no entry in examples.json"),
    ):
        if names:
            raise UserError(
                f"{archive}: {what.format(min(names))} ({len(names)} such): fetch or make the archive again."
            )


def _row(archive: str | Path, key: str, entry: dict[str, Any], split: str) -> dict[str, Any]:
    try:
        qualities = [name for name, present in zip(QUALITIES, entry["qualities"], strict=True) if present]
        row = {
            "note_id": key,
            "instrument": entry["instrument_str"],
            "family": entry["instrument_family_str"],
            "source": entry["instrument_source_str"],
            "qualities": qualities,
            "pitch": int(entry["pitch"]),
            "velocity": int(entry["velocity"]),
            "split": split,
        }
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{archive}: the entry of {key} in examples.json lacks a field of NSynth's ({error})."
        ) from None
    if row["family"] not in FAMILIES or row["source"] not in SOURCES:
        raise UserError(
            f"{archive}: the note {key} has family {row['family']!r} and source {row['source']!r}; expected one of "
            f"{', '.join(FAMILIES)} and one of {', '.join(SOURCES)}."
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
