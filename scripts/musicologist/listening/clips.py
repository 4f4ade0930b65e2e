"""Sound and picture of the listening page: MP3, loudness, spectrograms, and the tar files that hold the originals."""

import io
import json
import tarfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from musicologist.audio import acoustics
from musicologist.core import shard_writing, shards
from musicologist.core.errors import UserError

LOUDNESS = -23.0
"""LUFS at which everything plays: EBU R 128."""
HUSH = 9.0
"""Decibels by which pure noise plays more quietly: as loud as music by the meter, it is harsh to the ear."""
_MOST_GAIN = 24.0  # decibels
_PEAK = 0.98
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)  # what MPEG layer III has, in Hz
BANDS, FRAMES = 48, 96
_LIMITS = (80.0, 8000.0)  # Hz, as far as every corpus reaches
_WINDOW = 0.128  # seconds
_RANGE = 62.0  # decibels from black to white


@dataclass(frozen=True)
class Sound:
    """A clip as the page has it: MP3, a spectrogram uint8 (BANDS, FRAMES) of what is heard, gain in dB, length in seconds."""

    mp3: bytes
    picture: np.ndarray
    gain_db: float
    seconds: float


def sound(audio: np.ndarray, sample_rate: int, kbit: int, hush_db: float = 0.0) -> Sound:
    """Audio (channels, samples) for the page, at ``kbit`` thousand bits a second; ``hush_db`` is taken off its gain."""
    mono = audio.mean(axis=0, dtype=np.float32)
    gain = gain_db(mono, sample_rate, float(np.abs(audio).max(initial=0.0)))
    picture = spectrogram(mono * 10 ** (gain / 20), sample_rate)
    return Sound(mp3(audio, sample_rate, kbit), picture, round(gain - hush_db, 2), round(len(mono) / sample_rate, 3))


def gain_db(mono: np.ndarray, sample_rate: int, peak: float) -> float:
    """What brings a clip to ``LOUDNESS``, as far as its peak and ``_MOST_GAIN`` allow; 0 for silence."""
    loudness = acoustics.loudness(mono, sample_rate)
    if loudness <= acoustics.QUIETEST or peak == 0:
        return 0.0
    return float(min(LOUDNESS - loudness, _MOST_GAIN, 20 * np.log10(_PEAK / peak)))


def hush_db(sigma: float) -> float:
    """Decibels by which a signal at this noise level is turned down: ``HUSH`` times the noise's share of its power."""
    return HUSH * sigma**2 / (1 + sigma**2)


def mp3(audio: np.ndarray, sample_rate: int, kbit: int) -> bytes:
    """Audio (channels, samples) as MP3 of constant bit rate, the allowed one nearest to ``kbit``.

    The same audio gives the same bytes. MP3 because it is the one format that every browser decodes. A rate that it
    does not have is resampled to 44.1 kHz.
    """
    import soundfile

    if sample_rate not in _RATES:
        from scipy.signal import resample_poly

        divisor = int(np.gcd(44100, sample_rate))
        audio = resample_poly(audio, 44100 // divisor, sample_rate // divisor, axis=1)
        sample_rate = 44100
    lowest, highest = (
        (32, 320) if sample_rate >= 32000 else (8, 160)
    )  # of MPEG-1 and of MPEG-2, where libsndfile's scale ends
    compression = float(np.clip((highest - kbit) / (highest - lowest), 0, 0.99))
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        np.clip(audio, -1, 1).T,
        sample_rate,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=compression,
    )
    return buffer.getvalue()


def spectrogram(mono: np.ndarray, sample_rate: int) -> np.ndarray:
    """Power in dB over ``BANDS`` of equal width in pitch (lowest last) and ``FRAMES`` moments, as uint8 (BANDS, FRAMES)."""
    length = max(16, min(len(mono), round(_WINDOW * sample_rate)))
    padded = np.pad(mono, (0, max(0, length - len(mono))))
    starts = np.linspace(0, len(padded) - length, FRAMES).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[starts]
    power = np.abs(np.fft.rfft(frames * np.hanning(length))) ** 2 / (length / 4) ** 2
    edges = _edges(sample_rate, length)
    bands = np.add.reduceat(power, edges[:-1], axis=1) / np.diff(edges)
    decibels = 10 * np.log10(bands + 1e-12)
    return (np.clip((decibels + _RANGE + 22) / _RANGE, 0, 1) * 255).astype(np.uint8).T[::-1]


@lru_cache
def _edges(sample_rate: int, length: int) -> np.ndarray:
    """The first bin of each band and the end of the last one (BANDS + 1,)."""
    limits = np.geomspace(_LIMITS[0], min(_LIMITS[1], 0.49 * sample_rate), BANDS + 1)
    edges = np.round(limits * length / sample_rate).astype(int)
    return np.minimum(np.maximum(edges, edges[0] + np.arange(BANDS + 1)), length // 2)


def sprite(rows: list[list[np.ndarray | None]]) -> bytes:
    """A PNG of spectrograms, a row a signal and a column a level; None leaves a place empty."""
    from matplotlib import colormaps
    from PIL import Image

    empty = np.zeros((BANDS, FRAMES), np.uint8)
    grid = np.concatenate([np.concatenate([empty if p is None else p for p in row], axis=1) for row in rows])
    image = Image.fromarray((grid // 6).astype(np.uint8), "P")
    colours = colormaps["magma"](np.linspace(0, 1, 43))[:, :3]
    image.putpalette((colours * 255).round().astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def keys(tar: str | Path) -> list[str]:
    """The names of the clips in a tar file; UserError where there is no readable one."""
    return [stem for stem, suffix, _ in _members(tar) if suffix == "flac"]


def pick(tar: str | Path, wanted: Collection[str]) -> Iterator[shard_writing.Clip]:
    """The wanted clips of a tar file, in its order; only they are decoded. UserError where there is no readable one."""
    content: bytes | None = None
    for stem, suffix, read in _members(tar):
        if stem in wanted and suffix == "flac":
            content = read()
        elif stem in wanted and content is not None:
            audio, sample_rate = shards.decode(content)
            yield shard_writing.Clip(stem, audio, sample_rate, json.loads(read()))


def _members(tar: str | Path) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Of each member its name, its suffix and a function that reads it."""
    try:
        with tarfile.open(tar, mode="r:") as file:

            def content(member: tarfile.TarInfo) -> bytes:
                stream = file.extractfile(member)
                return stream.read() if stream else b""

            for member in file:
                stem, _, suffix = member.name.rpartition(".")
                yield stem, suffix, partial(content, member)
    except (OSError, tarfile.TarError) as error:
        raise UserError(
            f"{tar} is no readable tar file of clips ({error}): run `snakemake`, which makes it again."
        ) from None
