"""TensorFlow's checkpoints read with NumPy alone."""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

_FLOAT32 = 1  # TensorFlow's DataType


def read_bundle(index: bytes, data: bytes) -> dict[str, np.ndarray]:
    """The float32 tensors, by name, of a checkpoint's ``.index`` and ``.data-00000-of-00001``.

    The index is a sorted table (LevelDB's format) of messages that say where each one's bytes lie. Raises ValueError,
    IndexError or struct.error where it is none.
    """
    footer, position = index[-48:], 0
    for _ in range(2):  # the block about blocks: nothing in it
        _, position = _varint(footer, position)
    offset, position = _varint(footer, position)
    size, _ = _varint(footer, position)
    found = {}
    for _, handle in _entries(index, offset, size):
        start, place = _varint(handle, 0)
        length, _ = _varint(handle, place)
        for key, message in _entries(index, start, length):
            if key:  # the entry without a name is the bundle's header
                kind, shape, first, count = _described(message)
                if kind == _FLOAT32:
                    found[key.decode()] = np.frombuffer(data, "<f4", count // 4, first).reshape(shape)
    return found


def _described(message: bytes) -> tuple[int, list[int], int, int]:
    """Type, shape, first byte and number of bytes of a tensor (TensorFlow's BundleEntryProto)."""
    kind, shape, first, count = _FLOAT32, [], 0, 0
    for number, value in _fields(message):
        if number == 1:
            kind = value
        elif number == 2:
            shape = [dict(_fields(axis)).get(1, 0) for part, axis in _fields(value) if part == 2]
        elif number == 4:
            first = value
        elif number == 5:
            count = value
    return kind, shape, first, count


def _entries(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of one block of a sorted table; a key shares its beginning with the one before."""
    if table[offset + size]:
        raise ValueError("its index is compressed")
    block = table[offset : offset + size]
    end = len(block) - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    position, key = 0, b""
    while position < end:
        shared, position = _varint(block, position)
        own, position = _varint(block, position)
        length, position = _varint(block, position)
        key = key[:shared] + block[position : position + own]
        position += own
        yield key, block[position : position + length]
        position += length


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and values of a protocol buffer's fields; one of a fixed width is left out: no field read here has one."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind = tag & 7
        if kind == 0:
            value, position = _varint(message, position)
            yield tag >> 3, value
        elif kind == 2:
            length, position = _varint(message, position)
            yield tag >> 3, message[position : position + length]
            position += length
        elif kind in (1, 5):
            position += 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of type {kind}")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position
