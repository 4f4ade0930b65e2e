"""Sound files, and tar shards of clips as ``shard_writing`` or another tool wrote them, read as a stream."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core import containers
from musicologist.core.errors import UserError
from musicologist.core.shard_writing import Clip

_END = bytes(1024)  # two empty blocks close a tar file

SHORTEST = 0.1
"""Seconds; from less audio nothing is embedded."""

_LARGEST = 1 << 27
"""Samples of all channels: 25 minutes in stereo. What claims more is refused before memory is taken for it."""

_RATES = (1_000, 384_000)  # Hz


def mono(audio: np.ndarray, sample_rate: int, place: str) -> np.ndarray:
    """The mean of the channels of audio (channels, samples), float32.

    Silence is audio: what a model made of it is measured as any other clip. Raises UserError, naming ``place``, where it is too
    short or not finite.
    """
    mean = audio.mean(axis=0, dtype=np.float32)
    if len(mean) < SHORTEST * sample_rate:
        raise UserError(f"{place} is {len(mean) / sample_rate:.3f} s long: expected at least {SHORTEST} s of audio.")
    if not np.isfinite(mean).all():
        raise UserError(f"{place} has samples that are no numbers (NaN or infinite): make the file again.")
    return mean


def mono_at(audio: np.ndarray, sample_rate: int, target_rate: int, place: str) -> np.ndarray:
    """Mono audio at ``target_rate`` of (channels, samples) at ``sample_rate``.

    Raises UserError, naming ``place``, where the audio is too short or not finite.
    """
    mean = mono(audio, sample_rate, place)
    if sample_rate != target_rate:
        from scipy.signal import resample_poly

        divisor = int(np.gcd(sample_rate, target_rate))
        mean = resample_poly(mean, target_rate // divisor, sample_rate // divisor).astype(np.float32)
    return mean


def decode(content: bytes) -> tuple[np.ndarray, int]:
    """A sound file's audio as float32 (channels, samples), and its rate in Hz; the inverse of ``encode``.

    Errors as ``decode_integers``.
    """
    audio, rate = decode_integers(content)
    return (np.divide(audio, np.float32(32767), dtype=np.float32) if audio.dtype == np.int16 else audio), rate


def decode_integers(content: bytes) -> tuple[np.ndarray, int]:
    """The same, but int16 (channels, samples) of a file of 16-bit integers, as they stand there.

    Full scale is 1, of whatever subtype the file is: libsndfile does not scale floats to integers, so those are read as floats.

    Raises ValueError, with words, for bytes that are no sound file or break off, and for a length or rate that no clip has.
    """
    import soundfile

    containers.require_whole(content)
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            if not 0 <= file.frames * file.channels <= _LARGEST or not _RATES[0] <= file.samplerate <= _RATES[1]:
                raise ValueError(
                    f"its header claims {file.frames} samples of {file.channels} channels at {file.samplerate} Hz"
                )
            kind = "int16" if file.subtype == "PCM_16" else "float32"
            # With the number of frames, for what cannot be sought in (GSM, some ADPCM) is read in no other way.
            audio = file.read(file.frames, dtype=kind, always_2d=True).T
            if audio.shape[1] < file.frames:
                raise ValueError(f"it breaks off after {audio.shape[1]} of {file.frames} samples")
            if kind == "int16":
                return audio, file.samplerate
            whole = file.subtype not in ("FLOAT", "DOUBLE", "VORBIS", "OPUS") and not file.subtype.startswith("MPEG")
            return audio * np.float32(32768 / 32767 if whole else 1), file.samplerate
    except soundfile.LibsndfileError as error:
        raise ValueError(f"no sound that can be read: {error.error_string.rstrip('.')}") from None


REMAKE = "delete it and let the workflow make it again"
"""What helps against a broken shard of the workflow's own; of a user's it must never be said."""


@dataclass(frozen=True)
class Encoded:
    """A clip as it stands in the shard ``place``: ``clip`` decodes it."""

    key: str
    content: bytes
    record: dict[str, Any]
    place: str
    remedy: str

    def clip(self) -> Clip:
        """The clip; UserError where its bytes are no sound."""
        try:
            return Clip(self.key, *decode(self.content), self.record)
        except ValueError as error:
            raise _broken(self.place, str(error), self.remedy) from None


def read(path: str | Path, remedy: str = REMAKE) -> Iterator[Clip]:
    """Yield the clips of a shard; errors as ``encoded``, and where one is no sound."""
    for one in encoded(path, remedy):
        yield one.clip()


def encoded(path: str | Path, remedy: str = REMAKE) -> Iterator[Encoded]:
    """Yield a shard's clips, each as soon as its two members are there; memory holds what waits for its other half.

    As other tools pack them the two may come in either order, below ``./``, beside folders and beside a Mac's ``._`` files.
    Raises UserError, which ends with ``remedy``, where the file is missing, truncated, empty or no such shard, or a key stands
    twice.
    """
    place, keys, pending = str(path), set[str](), dict[str, dict[str, bytes]]()
    try:
        with open(path, "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                tar.members.clear()  # type: ignore[attr-defined]
                place = f"{path}, member {member.name}"
                stem, suffix = os.path.splitext(member.name.removeprefix("./"))
                if member.isdir() or os.path.basename(stem).startswith("."):
                    continue
                halves = pending.setdefault(stem, {})
                if suffix not in (".flac", ".json") or not member.isfile():
                    raise _broken(place, "a member that is neither sound nor record", remedy)
                if stem in keys or suffix in halves:
                    raise _broken(place, "a key that stands twice", remedy)
                halves[suffix] = _content(tar, member)
                if len(halves) == 2:
                    del pending[stem]
                    keys.add(stem)
                    yield Encoded(stem, halves[".flac"], _record(halves[".json"]), place, remedy)
            # tarfile takes a damaged header, and an end between two members, for the end of the archive: look for its mark
            file.seek(tar.offset)
            place = str(path)
            if file.read(len(_END)) != _END:
                raise _broken(place, "a file that breaks off", remedy)
            if pending:
                lone, halves = next(iter(pending.items()))
                raise _broken(
                    place, f"the clip {lone} without its {'record' if '.flac' in halves else 'sound'}", remedy
                )
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a tar file of clips.") from None
    except (tarfile.TarError, EOFError, ValueError, RecursionError) as error:
        raise _broken(place, str(error), remedy) from None
    if not keys:
        raise _broken(place, "no clips", remedy)


def _record(content: bytes) -> dict[str, Any]:
    record = json.loads(content)
    if not isinstance(record, dict):
        raise ValueError("a record that is no JSON object")
    return record


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    content = stream.read() if stream else b""
    if len(content) != member.size:
        raise tarfile.ReadError("unexpected end of data")
    return content


def _broken(place: str, what: str, remedy: str) -> UserError:
    return UserError(f"{place}: found {what}, expected a tar file of KEY.flac and KEY.json pairs: {remedy}.")
