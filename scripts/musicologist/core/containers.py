"""Whether a sound file is whole, as its container tells: libsndfile takes one that breaks off for a shorter one."""

from pathlib import Path
from typing import Literal

_Order = Literal["little", "big"]

_SIZES: dict[bytes, tuple[int, int, _Order, int]] = {
    b"RIFF": (4, 4, "little", 8),
    b"RIFX": (4, 4, "big", 8),
    b"FORM": (4, 4, "big", 8),
    b"RF64": (20, 8, "little", 8),
    b"riff": (16, 8, "little", 0),
}
"""WAV, AIFF, RF64 and W64, by how they begin: where they say how long they are, in how many bytes, and what is not counted."""
_LAST_PAGE = 4  # a flag of Ogg's pages


def content(path: str | Path) -> bytes:
    """What is in a file; ValueError for what is there and no file, as a pipe or a device, which may have no end."""
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError("no plain file, but a folder, pipe or device")
    return Path(path).read_bytes()


def require_whole(content: bytes) -> None:
    """Raise ValueError, with words, where a container of these, AU, CAF or Ogg has less than it says.

    One that does not say its length, as what is written to a pipe, is taken as it is.
    """
    if (declared := _declared(content)) > len(content):
        raise ValueError(f"it breaks off after {len(content)} of {declared} bytes")
    if content[:4] == b"OggS" and not _ends(content):
        raise ValueError(f"it breaks off after {len(content)} bytes, before the last page of its stream")


def _declared(content: bytes) -> int:
    """How many bytes a file says it has; 0 where it does not say."""
    if content[:4] == b".snd":
        length = _number(content, 8, 4, "big")
        return length and _number(content, 4, 4, "big") + length
    if content[:4] == b"caff":
        return _chunks(content)
    at, size, order, besides = _SIZES.get(content[:4], (0, 0, "little", 0))
    length = _number(content, at, size, order)
    return length and length + besides


def _chunks(content: bytes) -> int:
    """Where the last chunk of a CAF file ends."""
    at = 8
    while at + 12 <= len(content):
        length = _number(content, at + 4, 8, "big")
        if not length:
            return 0
        at += 12 + length
    return at


def _ends(content: bytes) -> bool:
    """Whether the last page of an Ogg file is whole, and is the last of its stream."""
    page = content.rfind(b"OggS")
    head = content[page : page + 27]
    if len(head) < 27 or not head[5] & _LAST_PAGE:
        return False
    table = content[page + 27 : page + 27 + head[26]]
    return page + 27 + head[26] + sum(table) <= len(content)


def _number(content: bytes, at: int, size: int, order: _Order) -> int:
    """A number in a header; 0 for that which stands for an unknown one."""
    number = int.from_bytes(content[at : at + size], order)
    return number if number < (1 << 8 * size) - 1 else 0
