"""musicnn (Pons and Serra 2019): a music tagger whose trained weights ship in a Python wheel; 50 tags, 200 features of a clip.

The network is that of the package musicnn 0.1.0 (licence ISC, trained on MagnaTagATune), written again in torch. Its weights
are read from the package's TensorFlow checkpoint with NumPy: neither TensorFlow nor pickle is involved.
"""

import struct
import zipfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicologist.core.checkout import found
from musicologist.core.errors import UserError

if TYPE_CHECKING:
    import torch

LICENCE = "ISC"
READS_TEXT, ON_SPHERE = False, False
SAMPLE_RATE = 16_000  # Hz
FRAMES = 187  # of one window: 3 s
# fmt: off
TAGS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient",
    "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals",
    "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man",
    "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello",
    "no voice", "weird", "country", "metal", "female voice", "choral",
)
# fmt: on
"""MagnaTagATune's, in the order of the network's outputs."""

FILES = (".index", ".data-00000-of-00001")
_MODEL = "MTT_musicnn"
_WINDOW, _HOP, _MELS = 512, 256, 96
_AT_ONCE = 4  # clips; more are no faster on a CPU, and a tar file of few clips would be filled up with silence
_FLOAT32 = 1  # TensorFlow's DataType


class Musicnn:
    """The loaded tagger. It hears the first 3 s of a clip; a shorter one is followed by silence."""

    sample_rate = SAMPLE_RATE
    window = FRAMES * _HOP  # samples
    size = 200
    embed_text = None

    def __init__(self, source: str | Path, device: str = "cpu") -> None:
        """Read the weights from ``source``: the wheel of musicnn 0.1.0, or its folder ``MTT_musicnn`` unpacked.

        Raises UserError where they are not there.
        """
        import torch

        tensors = {name: values for name, values in read_checkpoint(source).items() if "Adam" not in name}
        if "dense_1/kernel" not in tensors:
            raise UserError(f"{source} holds another network than musicnn: expected the checkpoint {_MODEL}.")
        self._weights = {name: torch.from_numpy(values.copy()).to(device) for name, values in tensors.items()}
        self._filters = torch.from_numpy(mel_filters()).to(device)
        self._hann = torch.hann_window(_WINDOW, device=device)
        self._device = device

    def embed_audio(self, clips: Sequence[np.ndarray], batch_size: int) -> np.ndarray:
        """What the last hidden layer holds (clips, 200), float32, of mono clips (samples,) at 16 kHz."""
        return self.features_and_tags(clips)[0]

    def features_and_tags(self, clips: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """What the last hidden layer holds (clips, 200), and probabilities of TAGS (clips, 50), float32, of mono clips.

        Each batch is filled up to one size, so that a clip's bits do not depend on its batch.
        """
        import torch

        features, tags = [], []
        for start in range(0, len(clips), _AT_ONCE):
            audio = torch.zeros(_AT_ONCE, self.window)
            batch = clips[start : start + _AT_ONCE]
            for row, clip in zip(audio, batch, strict=False):
                heard = torch.from_numpy(np.array(clip[: self.window], np.float32))
                row[: len(heard)] = heard
            with torch.inference_mode():
                hidden, tagged = self._network(self._log_mel(audio.to(self._device)))
            features.append(hidden[: len(batch)].cpu().numpy())
            tags.append(tagged[: len(batch)].cpu().numpy())
        return np.concatenate(features), np.concatenate(tags)

    def _log_mel(self, audio: "torch.Tensor") -> "torch.Tensor":
        """Compressed mel powers (clips, frames, mels) of audio (clips, samples)."""
        import torch

        spectrum = torch.stft(
            audio, _WINDOW, _HOP, window=self._hann, center=True, pad_mode="constant", return_complex=True
        )
        return torch.log10(1e4 * (self._filters @ spectrum.abs() ** 2) + 1).transpose(1, 2)[:, :FRAMES]

    def _network(self, mel: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        """Hidden layer (clips, 200) and tags (clips, 50): tall and wide filters, three layers, pooling over time."""
        import torch

        image = self._normalise(mel[..., None], 0)[..., 0][:, None]
        timbre = [self._normalise(self._convolve(image, layer, (3, 3)), layer + 1).amax(2) for layer in (0, 1)]
        wide = [
            self._normalise(self._convolve(image, layer, ((size - 1) // 2, size // 2)), layer + 1).amax(2)
            for layer, size in ((2, 128), (3, 64), (4, 32))
        ]
        front = torch.cat([*timbre, *wide], 2)  # (clips, frames, 561)
        first = self._normalise(self._convolve(front[:, None], 5, (3, 3)), 6)[:, :, 0]
        second = self._normalise(self._convolve(first[:, None], 6, (3, 3)), 7)[:, :, 0] + first
        third = self._normalise(self._convolve(second[:, None], 7, (3, 3)), 8)[:, :, 0] + second
        over_time = torch.cat([front, first, second, third], 2)  # (clips, frames, 753)
        pooled = torch.stack([over_time.amax(1), over_time.mean(1)], 2).flatten(1)
        hidden = self._normalise(self._dense(self._normalise(pooled, 9), 0).relu(), 10)
        return hidden, self._dense(hidden, 1).sigmoid()

    def _convolve(self, image: "torch.Tensor", layer: int, padding: tuple[int, int]) -> "torch.Tensor":
        """(clips, 1, frames, width) padded in time, convolved and rectified: (clips, frames, remaining width, channels)."""
        from torch.nn import functional as F

        name = _numbered("conv2d", layer)
        kernel = self._weights[f"{name}/kernel"].permute(3, 2, 0, 1)
        padded = F.pad(image, (0, 0, *padding))
        return F.relu(F.conv2d(padded, kernel, self._weights[f"{name}/bias"])).permute(0, 2, 3, 1)

    def _normalise(self, values: "torch.Tensor", layer: int) -> "torch.Tensor":
        """Batch normalisation over the last axis, as it was learnt."""
        name = _numbered("batch_normalization", layer)
        mean, variance, gain, offset = (
            self._weights[f"{name}/{part}"] for part in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        return (values - mean) / (variance + 1e-3).sqrt() * gain + offset

    def _dense(self, values: "torch.Tensor", layer: int) -> "torch.Tensor":
        name = _numbered("dense", layer)
        return values @ self._weights[f"{name}/kernel"] + self._weights[f"{name}/bias"]


def _numbered(name: str, layer: int) -> str:
    """TensorFlow counts layers of a kind from the second on."""
    return f"{name}_{layer}" if layer else name


def load(model: str | Path = "musicnn", device: str = "cpu") -> Musicnn:
    """The tagger on ``device``; ``model`` is ``musicnn`` for the installed package, or as ``Musicnn`` takes it.

    The package is looked for and never imported: it would want TensorFlow. Raises UserError where there is none.
    """
    return Musicnn(_place(model), device)


def check(place: Path) -> None:
    """Raise UserError where the weights are not there."""
    for name in FILES:
        _read_file(_place(place), name)


def _place(model: str | Path) -> Path:
    if str(model) != "musicnn":
        return found(model)
    package = find_spec("musicnn")
    if package is None or package.origin is None:
        raise UserError(
            "The weights of musicnn are not installed: run `pip install --no-deps musicnn==0.1.0`, or name the folder "
            f"{_MODEL} of its wheel."
        )
    return Path(package.origin).parent / _MODEL


def mel_filters() -> np.ndarray:
    """Slaney's triangular mel filters (mels, bins), float32, of unit area, as librosa makes them at 16 kHz."""
    from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)

    from transformers.audio_utils import mel_filter_bank  # isort: skip

    filters = mel_filter_bank(
        _WINDOW // 2 + 1, _MELS, 0.0, SAMPLE_RATE / 2, SAMPLE_RATE, norm="slaney", mel_scale="slaney"
    )
    return np.ascontiguousarray(filters.T, np.float32)


def read_checkpoint(source: str | Path) -> dict[str, np.ndarray]:
    """The float32 tensors of a TensorFlow checkpoint (``.index`` and ``.data-00000-of-00001``), by name.

    ``source`` is the wheel of musicnn 0.1.0, or a folder that holds the two files. Raises UserError where they are not there or
    are no such checkpoint.
    """
    index, data = (_read_file(Path(source), name) for name in FILES)
    try:
        return _tensors(index, data)
    except (IndexError, ValueError, struct.error) as error:
        raise UserError(
            f"{source} is no TensorFlow checkpoint that can be read ({error}): expected the wheel of musicnn 0.1.0."
        ) from None


def _read_file(source: Path, name: str) -> bytes:
    try:
        if source.is_dir():
            return (source / name).read_bytes()
        with zipfile.ZipFile(source) as wheel:
            return wheel.read(f"musicnn/{_MODEL}/{name}")
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(
            f"The weights of musicnn were not found in {source} ({error}): give the wheel that `pip download musicnn==0.1.0 "
            f"--no-deps` fetches, or its folder {_MODEL} unpacked."
        ) from None


def _tensors(index: bytes, data: bytes) -> dict[str, np.ndarray]:
    """Tensors of a bundle: its index is a sorted table (LevelDB's format) of messages that say where each one's bytes lie."""
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
