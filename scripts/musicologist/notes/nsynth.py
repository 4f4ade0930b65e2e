"""NSynth's layout (Engel et al. 2017, arXiv 1704.01279): one examples.json and a WAV file a note, in a tar.gz or unpacked."""

import codecs
import gzip
import io
import json
import os
import re
import struct
import tarfile
import types
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np

from musicologist.core import shard_writing, shards
from musicologist.core.errors import UserError
from musicologist.core.files import atomic_path
from musicologist.core.shards import SHORTEST
from musicologist.notes import unpacking
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

SAMPLE_RATE = 16_000  # Hz
INSTRUMENTS = 1_006  # in all three splits
NOTE_BYTES = 128_044  # a WAV file of four seconds
_BLOCK = 1 << 20
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")  # of a WAV file of one channel of 16 bits
_TEXT = 1 << 16  # characters
_LONGEST_ENTRY = 1 << 20  # characters
_LONGEST_NOTE = 64 << 20  # bytes
_KEY = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*:\s*')
_SPACE = re.compile(r"\s*")


class Unusable(UserError):
    """A note that cannot be heard, by itself: the others are none the worse for it."""

    def __init__(self, sentence: str, reason: str) -> None:
        """The whole sentence, and the reason in a few words."""
        super().__init__(sentence)
        self.reason = reason


Item = tuple[str, dict[str, Any] | bytes]
"""A note's name with its entry of examples.json, or with its WAV file."""


def read(place: str | Path, split: str) -> Iterator[Item]:
    """Yield the entries and the WAV files of a split, each with its note's name, in the order in which they lie there.

    ``place`` is an archive that holds nsynth-SPLIT/, read once as a stream, or an unpacked folder with examples.json and
    audio/. Memory holds one note and a little text, whatever the size.

    Raises UserError where there is no such place, the archive is truncated or damaged (the sentence names the last good
    member), or examples.json is absent or not as expected.
    """
    return _unpacked(Path(place)) if Path(place).is_dir() else _archived(place, split)


def size(place: str | Path) -> int:
    """Bytes that a source occupies; UserError where there is none."""
    place = Path(place)
    try:
        return sum(file.stat().st_size for file in place.rglob("*")) if place.is_dir() else place.stat().st_size
    except FileNotFoundError:
        raise UserError(f"{place} does not exist: expected NSynth's notes, an archive or a folder.") from None


def _unpacked(folder: Path) -> Iterator[Item]:
    examples = folder / "examples.json"
    if not examples.is_file():
        raise UserError(
            f"{folder} has no examples.json: expected an unpacked nsynth-SPLIT folder, with audio/ beside it."
        )
    with open(examples, "rb") as stream:
        yield from _entries(stream, folder)
    for wav in sorted(wav for wav in folder.glob("audio/*.wav") if not wav.name.startswith("._")):
        yield wav.stem, wav.read_bytes() if wav.is_file() else b""  # a pipe may have no end


def _archived(archive: str | Path, split: str) -> Iterator[Item]:
    """Unpacked here, not by tarfile, which takes the end of a truncated stream for the end of the archive."""
    folder, last, found, described = f"nsynth-{split}/", "", set(), False
    try:
        with open(archive, "rb") as file:
            blocks = _unpacked_blocks(file)
            # A block holds all that came before a cut, a read of so many bytes would lose up to a block of it.
            stream_of_blocks = types.SimpleNamespace(read=lambda size: next(blocks, b""))
            with tarfile.open(fileobj=stream_of_blocks, mode="r|", bufsize=_BLOCK) as tar:
                for member in tar:
                    tar.members.clear()  # type: ignore[attr-defined] # tarfile remembers every member for as long as it is open
                    name = member.name.removeprefix("./")
                    found.add(name.split("/")[0])
                    stream = tar.extractfile(member) if name.startswith(folder) else None
                    if stream is not None and name == folder + "examples.json":
                        described = True
                        yield from _entries(stream, archive)
                    elif stream is not None and _is_note(name, folder):
                        if member.size > _LONGEST_NOTE:
                            raise UserError(f"{archive}: {name} is {member.size} bytes long: expected a note of 4 s.")
                        content = stream.read()
                        yield os.path.splitext(os.path.basename(name))[0], content
                    last = name
            for _ in blocks:  # up to the checksum at the end
                pass
    except FileNotFoundError:
        raise UserError(f"{archive} does not exist: expected an archive in NSynth's layout (inputs.notes).") from None
    except (tarfile.TarError, EOFError, unpacking.Damaged) as error:
        good = f"; the last good member is {last}" if last else ""
        raise UserError(
            f"{archive} holds a link where a note should be, behind {last or 'its beginning'}: pack the files themselves "
            "(tar --dereference --hard-dereference)."
            if isinstance(error, tarfile.StreamError) and "link" in str(error)
            else f"{archive} is truncated, damaged or no tar.gz file ({error}{good}): expected an archive in NSynth's "
            "layout; fetch or make it again."
        ) from None
    if not described:
        raise UserError(
            f"{archive} has no {folder}examples.json (it holds "
            f"{', '.join(one or '/' for one in sorted(found)[:3]) or 'nothing'}): expected NSynth's layout; check notes.splits "
            "and the archive."
        )


def _unpacked_blocks(file: BinaryIO) -> Iterator[bytes]:
    """An archive's tar stream; browsers unpack what they fetch, so it may be a plain tar file by its bytes."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return unpacking.ahead(unpacking.gunzipped(file)) if packed else iter(partial(file.read, _BLOCK), b"")


def _is_note(name: str, folder: str) -> bool:
    """Whether a member is a note's sound; a Mac packs a file of its own (._NAME) beside each."""
    return name.startswith(folder + "audio/") and name.endswith(".wav") and not os.path.basename(name).startswith("._")


def _entries(stream: IO[bytes], place: str | Path) -> Iterator[Item]:
    try:
        yield from _pairs(stream)
    except ValueError as error:
        raise UserError(f"{place}: its examples.json is not as expected ({error}): fetch or make it again.") from None


def _pairs(stream: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """The members of one JSON object, without holding more than a block of it; ValueError where it is none."""
    text, decode = codecs.getreader("utf-8")(stream), json.JSONDecoder().raw_decode
    buffer, at = text.read(_TEXT).lstrip(), 1
    if not buffer.startswith("{"):
        raise ValueError("it is no JSON object")
    separator = "{"
    while separator != "}":
        try:
            if separator == "{" and _next(buffer, at) == "}":
                break
            key = _KEY.match(buffer, at)
            if key is None:
                raise ValueError(f"no key of a note at {buffer[at : at + 20]!r}")
            value, end = _decoded(decode, buffer, key.end())
            separator = _next(buffer, end)
            if separator not in (",", "}"):
                raise ValueError("it breaks off")
        except ValueError:
            block = text.read(_TEXT)
            if not block or len(buffer) - at > _LONGEST_ENTRY:
                raise
            buffer, at = buffer[at:] + block, 0
            continue
        at = buffer.index(separator, end) + 1
        yield json.loads(key[1]), value


def _decoded(decode: Callable[[str, int], tuple[Any, int]], buffer: str, at: int) -> tuple[Any, int]:
    try:
        return decode(buffer, at)
    except RecursionError:
        raise ValueError("brackets are nested too deeply") from None


def _next(buffer: str, at: int) -> str:
    blank = _SPACE.match(buffer, at)
    end = blank.end() if blank else at
    return buffer[end : end + 1]


def flac(place: str, content: bytes) -> bytes:
    """A note's WAV file as 16-bit FLAC; integers of 16 bits go over as they are.

    Raises UserError, naming ``place``, for what is no note at 16 kHz: Unusable where that is this note's own fault.
    """
    try:
        decoded, rate = _as_it_stands(content) or shards.decode_integers(content)
    except ValueError as error:
        raise Unusable(
            f"{place} is no readable WAV file ({error}): fetch or make the notes again.", "no readable WAV file"
        ) from None
    if rate != SAMPLE_RATE:
        raise UserError(f"{place} has a rate of {rate} Hz: expected {SAMPLE_RATE} Hz as in NSynth; resample the notes.")
    if decoded.shape[1] < SHORTEST * rate:
        raise Unusable(
            f"{place} is {decoded.shape[1] / rate:.3f} s long: expected a note of 4 s, at least {SHORTEST} s.",
            "too short",
        )
    whole = decoded.dtype == np.int16
    if not whole and not np.isfinite(decoded).all():
        raise Unusable(
            f"{place} has samples that are no numbers (NaN or infinite): make the note again.",
            "samples that are no numbers",
        )
    if not decoded.any() if whole else np.abs(decoded).max() < 0.5 / 32767:
        raise Unusable(f"{place} is silent: nothing can be heard in it.", "silent")
    return (shard_writing.encode_integers if whole else shard_writing.encode)(decoded, rate)


def _as_it_stands(content: bytes) -> tuple[np.ndarray, int] | None:
    """The samples (1, samples), int16, and the rate of a WAV file with NSynth's header: nothing is decoded. None of another."""
    size = len(content) - _HEADER.size
    header = b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16, b"data", size
    if size < 0 or size % 2 or not content.startswith(_HEADER.pack(*header)):
        return None
    return np.frombuffer(content, "<i2", offset=_HEADER.size)[None], SAMPLE_RATE


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
        for note, sound in notes:
            entries[note["note_str"]] = note
            buffer = io.BytesIO()
            integers = np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)
            soundfile.write(buffer, integers, SAMPLE_RATE, format="WAV", subtype="PCM_16")
            _add(tar, f"nsynth-{split}/audio/{note['note_str']}.wav", buffer.getvalue())
        _add(tar, f"nsynth-{split}/examples.json", json.dumps(entries, indent=1).encode())
    return len(entries)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
