import gzip
import io
import itertools
import threading
import zlib

import numpy as np
import pytest
from musicologist.notes import unpacking

NOISE = np.random.default_rng(1).integers(0, 256, 300_000, np.uint8).tobytes()
LONG = NOISE + bytes(3 << 20) + b"end"


def unpacked(content):
    return b"".join(unpacking.gunzipped(io.BytesIO(content)))


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(LONG),
        gzip.compress(b""),
        gzip.compress(NOISE) + gzip.compress(LONG),
        gzip.compress(NOISE) + bytes(700) + gzip.compress(b"more") + bytes(100_000),
        b"",
    ],
    ids=["one member", "nothing", "two members", "zeros between and behind", "empty"],
)
def test_it_unpacks_what_gzip_unpacks_in_blocks_of_bounded_size(content):
    blocks = list(unpacking.gunzipped(io.BytesIO(content)))
    assert b"".join(blocks) == gzip.decompress(content)
    assert max(map(len, blocks), default=0) <= 1 << 19


@pytest.mark.parametrize("share", [0.0001, 0.3, 0.7, 0.999])
def test_what_came_before_a_cut_is_handed_over(share):
    packed = gzip.compress(NOISE)
    content, found = packed[: int(len(packed) * share) + 1], []
    with pytest.raises(EOFError, match="before the end-of-stream marker"):
        found.extend(unpacking.gunzipped(io.BytesIO(content)))
    assert b"".join(found) == zlib.decompressobj(wbits=31).decompress(content)


def test_damage_and_what_is_no_gzip_are_noticed():
    content = bytearray(gzip.compress(LONG))
    content[-6] ^= 0xFF
    for wrong in (bytes(content), gzip.compress(NOISE) + b"plain text"):
        with pytest.raises(unpacking.Damaged, match=r"Incorrect checksum|Invalid gzip"):
            unpacked(wrong)


def test_another_thread_makes_a_few_items_in_advance_and_they_keep_their_order():
    made, threads = [], set()

    def items():
        for number in range(50):
            made.append(number)
            threads.add(threading.get_ident())
            yield number
        raise EOFError("cut")

    stream, found = unpacking.ahead(items()), []
    for item in itertools.islice(stream, 50):
        found.append(item)
        assert len(made) - len(found) <= 4
    assert found == list(range(50))
    assert threads
    assert threading.get_ident() not in threads
    with pytest.raises(EOFError, match="cut"):
        next(stream)
