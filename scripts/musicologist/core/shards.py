"""Reading tar shards of clips: ``KEY.flac`` and ``KEY.json`` for each, the WebDataset convention, as a stream."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from musicologist.core.clips import Clip
from musicologist.core.errors import UserError

_END = bytes(1024)  # two empty blocks close a tar file


def decode(content: bytes) -> tuple[np.ndarray, int]:
    """A sound file's audio as float32 (channels, samples), and its rate in Hz; the inverse of ``shard_writer.encode``.

    Raises soundfile.LibsndfileError for bytes that are no sound file.
    """
    import soundfile

    integers, sample_rate = soundfile.read(io.BytesIO(content), dtype="int16", always_2d=True)
    return integers.T.astype(np.float32) / np.float32(32767), sample_rate


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
                tar.members.clear()
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
