"""What can be measured in a clip without a network: loudness, spectral centroid and flatness, and cepstral coefficients."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from musicologist.core import parquet

if TYPE_CHECKING:
    from musicologist.core.shard_writing import Clip

COEFFICIENTS = 20
MFCC_SIZE = 2 * COEFFICIENTS
"""Mean and standard deviation over the frames of each coefficient."""
QUIETEST = -70.0  # LUFS; the absolute gate of BS.1770: what is quieter has no loudness
_FRAME = 0.064  # seconds
_BANDS = 40
_BAND_LIMITS = (
    50.0,
    8000.0,
)  # Hz; up to the Nyquist frequency of NSynth's notes, so that all corpora have the same bands
_FLOOR = 1e-10  # of full scale's power


def measure(audio: np.ndarray, sample_rate: int) -> dict[str, float | np.ndarray]:
    """``loudness_lufs``, ``centroid_hz``, ``flatness_db`` and ``mfcc`` (MFCC_SIZE,) of mono audio (samples,).

    Loudness is ITU-R BS.1770-4's integrated loudness. Centroid and flatness (geometric over arithmetic mean, 0 dB for white
    noise) are those of the clip's mean power spectrum: Peeters 2004, "A large set of audio features". Cepstral coefficients
    come from a log-mel spectrum by an orthonormal DCT: Davis and Mermelstein 1980.
    """
    from scipy.fft import dct

    power, frequencies = _power(audio, sample_rate)
    mean = power.mean(0)[1:] + _FLOOR / len(frequencies)
    decibels = 10 * np.log10(power @ _mel_filters(sample_rate, len(frequencies)) + _FLOOR)
    cepstrum = dct(decibels, norm="ortho", axis=1)[:, :COEFFICIENTS]
    return {
        "loudness_lufs": loudness(audio, sample_rate),
        "centroid_hz": float((mean * frequencies[1:]).sum() / mean.sum()),
        "flatness_db": float(10 * (np.log10(mean).mean() - np.log10(mean.mean()))),
        "mfcc": np.concatenate([cepstrum.mean(0), cepstrum.std(0)]).astype(np.float32),
    }


def table(clips: Iterable["Clip"], schema: pa.Schema) -> pa.Table:
    """A table with AUDIO_ACOUSTICS or NOTE_ACOUSTICS as its ``schema``, a row for each clip; memory holds one clip."""
    rows = []
    for clip in clips:
        name = {"note_id": clip.key}
        if schema is AUDIO_ACOUSTICS:
            name = {key: clip.record[key] for key in ("prompt_id", "sample", "signal", "step")}
        rows.append(name | measure(clip.mono(), clip.sample_rate))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    cepstra = pa.array(np.concatenate(columns.pop("mfcc")), pa.float32())
    return pa.table({**columns, "mfcc": pa.FixedSizeListArray.from_arrays(cepstra, MFCC_SIZE)})


def loudness(audio: np.ndarray, sample_rate: int) -> float:
    """Integrated loudness in LUFS of mono audio (samples,), no lower than QUIETEST."""
    import warnings

    import pyloudnorm

    block = min(0.4, len(audio) / sample_rate)
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")  # the mean of no blocks: all lie below the gate
        found = pyloudnorm.Meter(sample_rate, block_size=block).integrated_loudness(audio.astype(np.float64))
    return max(QUIETEST, float(found)) if np.isfinite(found) else QUIETEST


def covariates(
    loudness_lufs: Sequence[float], centroid_hz: Sequence[float], flatness_db: Sequence[float]
) -> np.ndarray:
    """What is partialled out of a decision, (clips, 3): loudness, centroid in octaves, flatness."""
    return np.column_stack([loudness_lufs, np.log2(centroid_hz), flatness_db]).astype(np.float64)


def _power(audio: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Power (frames, bins) of Hann windows, half overlapping, in units of full scale, and the bins' frequencies in Hz."""
    from scipy.fft import next_fast_len, rfft

    size = min(next_fast_len(round(_FRAME * sample_rate), real=True), len(audio))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(audio.astype(np.float32), size)[:: max(1, size // 2)]
    spectrum = rfft(frames * window, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) / (window.sum() ** 2)
    return power, np.fft.rfftfreq(size, 1 / sample_rate)


@lru_cache
def _mel_filters(sample_rate: int, bins: int) -> np.ndarray:
    """Triangular filters (bins, _BANDS), evenly spaced in mel (O'Shaughnessy 1987), each of height 1."""
    low, high = (2595 * np.log10(1 + limit / 700) for limit in (_BAND_LIMITS[0], min(_BAND_LIMITS[1], sample_rate / 2)))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    frequencies = np.linspace(0, sample_rate / 2, bins)[:, None]
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    return np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)


_ACOUSTICS = (
    ("loudness_lufs", pa.float32()),  # integrated loudness, ITU-R BS.1770-4
    ("centroid_hz", pa.float32()),  # of the mean power spectrum
    ("flatness_db", pa.float32()),  # geometric over arithmetic mean of the power spectrum; white noise has 0
    ("mfcc", pa.list_(pa.float32(), 40)),  # mean, then standard deviation over the frames, of 20 coefficients
)

AUDIO_ACOUSTICS = parquet.schema(
    "audio_acoustics",
    [
        ("prompt_id", pa.int64()),
        ("sample", pa.int16()),
        ("signal", pa.string()),
        ("step", pa.int16()),
        *_ACOUSTICS,
    ],
)

NOTE_ACOUSTICS = parquet.schema("note_acoustics", [("note_id", pa.string()), *_ACOUSTICS])
