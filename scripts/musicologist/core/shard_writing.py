"""Writing tar shards of clips: ``KEY.flac`` and ``KEY.json`` for each, the WebDataset convention, as a stream."""

import io
import json
import os
import tarfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any

import numpy as np

from musicologist.core.errors import UserError
from musicologist.core.files import atomic_path


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


def encode(audio: np.ndarray, sample_rate: int) -> bytes:
    """Audio (channels, samples) as 16-bit FLAC, clipped at ±1. (libsndfile scales floats as the container wants it.)"""
    return encode_integers(np.rint(np.clip(audio, -1, 1) * 32767).astype(np.int16), sample_rate)


def encode_integers(integers: np.ndarray, sample_rate: int) -> bytes:
    """16-bit integers (channels, samples) as FLAC; the lowest, which has no counterpart above zero, is left out."""
    import soundfile

    integers = np.maximum(integers, np.int16(-32767))
    # libsndfile fills a file by itself; into a buffer Python writes each block, in one thread at a time
    with open(os.memfd_create("flac"), "w+b", 0) if hasattr(os, "memfd_create") else TemporaryFile(buffering=0) as file:
        soundfile.write(file.fileno(), integers.T, sample_rate, format="FLAC", subtype="PCM_16", closefd=False)
        return os.pread(file.fileno(), file.seek(0, os.SEEK_END), 0)


def encoded(clip: Clip, place: str | Path) -> bytes:
    """A clip as 16-bit FLAC; UserError, which names its ``place``, for audio that is not finite."""
    if not np.isfinite(clip.audio).all():
        raise UserError(
            f"The clip {clip.key} for {place} has samples that are no numbers (NaN or infinite): the model that "
            "made it is broken or its numeric precision too low; check the weights."
        )
    return encode(clip.audio, clip.sample_rate)


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
        file = self._stack.enter_context(open(temporary, "wb", 1 << 20))  # tarfile hands over 16 KiB at once
        self._tar = self._stack.enter_context(tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT))
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
        self.add_encoded(clip.key, encoded(clip, self.path), clip.record)

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
