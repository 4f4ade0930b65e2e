"""Clips of audio, and tar shards of them: ``KEY.flac`` and ``KEY.json`` for each, the WebDataset convention, as a stream."""

import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from musicologist.core.errors import UserError
from musicologist.core.files import atomic_path

_END = bytes(1024)  # two empty blocks close a tar file

SHORTEST = 0.1
"""Seconds; from less audio nothing is embedded."""


@dataclass(frozen=True)
class Clip:
    """A named piece of audio: float32 (channels, samples) in [-1, 1], its rate in Hz, and what is known about it."""

    key: str
    audio: np.ndarray
    sample_rate: int
    record: dict[str, Any]

    def mono(self) -> np.ndarray:
        """The mean of the channels, float32 (samples,)."""
        return self.audio.mean(axis=0, dtype=np.float32)


def mono(audio: np.ndarray, sample_rate: int, place: str) -> np.ndarray:
    """The mean of the channels of audio (channels, samples), float32.

    Raises UserError, naming ``place``, where it is too short, not finite or silent.
    """
    mean = audio.mean(axis=0, dtype=np.float32)
    if len(mean) < SHORTEST * sample_rate:
        raise UserError(f"{place} is {len(mean) / sample_rate:.3f} s long: expected at least {SHORTEST} s of audio.")
    if not np.isfinite(mean).all():
        raise UserError(f"{place} has samples that are no numbers (NaN or infinite): make the file again.")
    if not mean.any():
        raise UserError(
            f"{place} is silent: nothing can be heard in it; remove it, or check the model and the settings that made it."
        )
    return mean


def mono_at(audio: np.ndarray, sample_rate: int, target_rate: int, place: str) -> np.ndarray:
    """Mono audio at ``target_rate`` of (channels, samples) at ``sample_rate``.

    Raises UserError, naming ``place``, where the audio is too short, not finite or silent.
    """
    mean = mono(audio, sample_rate, place)
    if sample_rate != target_rate:
        from scipy.signal import resample_poly

        divisor = int(np.gcd(sample_rate, target_rate))
        mean = resample_poly(mean, target_rate // divisor, sample_rate // divisor).astype(np.float32)
    return mean


def encode(audio: np.ndarray, sample_rate: int) -> bytes:
    """Audio (channels, samples) as 16-bit FLAC, clipped at ±1.

    Converted to integers here: libsndfile scales floats differently from container to container.
    """
    import soundfile

    integers = np.rint(np.clip(audio, -1, 1) * 32767).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, integers.T, sample_rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def decode(content: bytes) -> tuple[np.ndarray, int]:
    """A sound file's audio as float32 (channels, samples), and its rate in Hz; the inverse of ``encode``.

    Raises soundfile.LibsndfileError for bytes that are no sound file.
    """
    import soundfile

    integers, sample_rate = soundfile.read(io.BytesIO(content), dtype="int16", always_2d=True)
    return integers.T.astype(np.float32) / np.float32(32767), sample_rate


class ShardWriter:
    """Writes clips into one tar file, one by one; the file appears under its name only when the block ends well.

    The same clips in the same order give the same bytes: members carry no time and no owner.
    """

    def __init__(self, path: str | Path) -> None:
        """Prepare to write ``path``."""
        self.path = Path(path)
        self.keys: set[str] = set()

    def __enter__(self) -> "ShardWriter":
        """Open a temporary file beside the target."""
        self._stack = ExitStack()
        temporary = self._stack.enter_context(atomic_path(self.path))
        self._tar = self._stack.enter_context(tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Rename the finished file, or remove it after an error."""
        self._stack.__exit__(kind, error, traceback)

    def add(self, clip: Clip) -> None:
        """Append a clip as 16-bit FLAC with its record.

        Raises UserError for audio that is not finite, ValueError for a key that stands in the shard already.
        """
        if not np.isfinite(clip.audio).all():
            raise UserError(
                f"The clip {clip.key} for {self.path} has samples that are no numbers (NaN or infinite): the model that "
                "made it is broken or its numeric precision too low; check the weights."
            )
        self.add_encoded(clip.key, encode(clip.audio, clip.sample_rate), clip.record)

    def add_encoded(self, key: str, content: bytes, record: dict[str, Any]) -> None:
        """Append a clip that ``encode`` has encoded, with its record; ValueError for a key that stands in the shard already."""
        if key in self.keys:
            raise ValueError(f"{self.path}: the key {key} stands twice")
        self.keys.add(key)
        self._member(f"{key}.flac", content)
        self._member(f"{key}.json", json.dumps(record, ensure_ascii=False).encode())

    def _member(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self._tar.addfile(member, io.BytesIO(content))
        self._tar.members.clear()  # type: ignore[attr-defined] # tarfile remembers every member for as long as it is open


def write(path: str | Path, clips: Iterable[Clip]) -> int:
    """Write ``clips`` to the tar file ``path`` atomically and return how many there were; errors as ShardWriter.add."""
    with ShardWriter(path) as writer:
        for clip in clips:
            writer.add(clip)
    return len(writer.keys)


def read(path: str | Path) -> Iterator[Clip]:
    """Yield the clips of a shard in their order; memory holds one.

    Raises UserError where the file is missing, truncated, empty or no such shard, or a key stands twice.
    """
    import soundfile

    place = str(path)
    keys: set[str] = set()
    try:
        with open(path, "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
            pending: tuple[str, bytes] | None = None
            for member in tar:
                tar.members.clear()  # type: ignore[attr-defined]
                place = f"{path}, member {member.name}"
                stem, suffix = os.path.splitext(member.name)
                if suffix == ".flac" and pending is None and stem not in keys:
                    pending = stem, _content(tar, member)
                    keys.add(stem)
                elif suffix == ".json" and pending is not None and pending[0] == stem:
                    audio, sample_rate = decode(pending[1])
                    pending = None
                    yield Clip(stem, audio, sample_rate, _record(_content(tar, member)))
                elif stem in keys and pending is None:
                    raise _broken(place, "a key that stands twice")
                else:
                    raise _broken(place, "a member out of order")
            # tarfile takes a damaged header, and an end between two members, for the end of the archive: look for its mark
            file.seek(tar.offset)
            place = str(path)
            if file.read(len(_END)) != _END:
                raise _broken(place, "a file that breaks off")
            if pending is not None:
                raise _broken(place, f"the clip {pending[0]} without its record")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a tar file of clips.") from None
    except (tarfile.TarError, EOFError, soundfile.LibsndfileError, ValueError) as error:
        raise _broken(place, str(error)) from None
    if not keys:
        raise _broken(place, "no clips")


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


def _broken(place: str, what: str) -> UserError:
    return UserError(
        f"{place}: found {what}, expected a tar file of KEY.flac and KEY.json pairs: delete it and let the workflow make it "
        "again."
    )
