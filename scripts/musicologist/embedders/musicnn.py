"""musicnn (Pons and Serra 2019): a music tagger whose trained weights ship in a Python wheel; 50 tags, 200 features of a clip.

The network is that of the package musicnn 0.1.0 (licence ISC, trained on MagnaTagATune), written again in torch. Its weights
are read from the package's TensorFlow checkpoint with NumPy: neither TensorFlow nor pickle is involved.
"""

import struct
import zipfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from musicologist.core.checkout import found
from musicologist.core.errors import UserError
from musicologist.models import lean_imports
from musicologist.models.tensorflow_bundle import read_bundle

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
_AT_ONCE = 16  # frames


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
        self._tall, self._back = (
            [_Convolution(tensors, layer, device) for layer in layers] for layers in (range(5), range(5, 8))
        )
        self._affine = {layer: _affine(tensors, layer, device) for layer in (0, 9, 10)}
        self._dense = [
            [
                torch.from_numpy(tensors[f"{_numbered('dense', layer)}/{part}"].copy()).to(device)
                for part in ("kernel", "bias")
            ]
            for layer in (0, 1)
        ]
        self._filters = torch.from_numpy(mel_filters()).to(device)
        self._hann = torch.hann_window(_WINDOW, device=device)
        self._device = device

    def embed_audio(self, clips: Sequence[np.ndarray], batch_size: int) -> np.ndarray:
        """What the last hidden layer holds (clips, 200), float32, of mono clips (samples,) at 16 kHz."""
        return self.features_and_tags(clips)[0]

    def features_and_tags(self, clips: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """What the last hidden layer holds (clips, 200), and probabilities of TAGS (clips, 50), float32, of mono clips.

        One after the other, in float32: so each fits a processor's cache, and its bits do not depend on its neighbours.
        """
        import torch

        features, tags = [], []
        for clip in clips:
            audio = torch.zeros(1, self.window)
            heard = torch.from_numpy(np.array(clip[: self.window], np.float32))
            audio[0, : len(heard)] = heard
            with torch.inference_mode(), torch.autocast(torch.device(self._device).type, enabled=False):
                hidden, tagged = self._network(self._log_mel(audio.to(self._device)))
            features.append(hidden.cpu().numpy())
            tags.append(tagged.cpu().numpy())
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

        image = _scaled(mel, self._affine[0])
        front = torch.cat([layer(image) for layer in self._tall], 2)  # (clips, frames, 561)
        first = self._back[0](front)
        second = self._back[1](first) + first
        third = self._back[2](second) + second
        over_time = torch.cat([front, first, second, third], 2)  # (clips, frames, 753)
        pooled = torch.stack([over_time.amax(1), over_time.mean(1)], 2).flatten(1)
        (kernel, bias), (last, last_bias) = self._dense
        hidden = _scaled((_scaled(pooled, self._affine[9]) @ kernel + bias).relu(), self._affine[10])
        return hidden, (hidden @ last + last_bias).sigmoid()


class _Convolution:
    """A convolution over time, rectified, normalised, and of all heights on the mel axis the strongest.

    Rectifying and normalising are monotonous in each channel, so the strongest is taken first and a small array is left; where
    a channel's gain is negative, its kernel's sign is turned, and turned back.
    """

    def __init__(self, tensors: dict[str, np.ndarray], layer: int, device: str) -> None:
        import torch

        name = _numbered("conv2d", layer)
        gain, self._offset = _affine(tensors, layer + 1, device)
        self._sign = torch.where(gain < 0, -1.0, 1.0)
        self._gain = gain
        kernel = torch.from_numpy(tensors[f"{name}/kernel"].copy()).to(device)  # (frames, mels, 1, channels)
        self._bias = torch.from_numpy(tensors[f"{name}/bias"].copy()).to(device)
        kernel = (kernel * self._sign)[:, :, 0]
        self._kernel = kernel.permute(2, 0, 1)[:, None].contiguous()
        if 1 < kernel.shape[1] < _MELS:
            self._spectra, self._inverse = (part.to(device) for part in _spectra(kernel.cpu()))

    def __call__(self, image: "torch.Tensor") -> "torch.Tensor":
        """(clips, frames, channels) of an image (clips, frames, width)."""
        from torch.nn import functional as F

        height, width = self._kernel.shape[2:]
        before = (height - 1) // 2
        if width == image.shape[2]:  # one place only: each mel is a channel
            over_time = F.pad(image.mT, (before, height - 1 - before))
            strongest = F.conv1d(over_time, self._kernel[:, 0].mT).mT
        elif width == 1:
            strongest = F.conv2d(F.pad(image, (0, 0, before, height - 1 - before))[:, None], self._kernel).amax(3).mT
        else:
            strongest = self._strongest(F.pad(image, (0, 0, before, height - 1 - before)))
        return F.relu(strongest * self._sign + self._bias) * self._gain + self._offset

    def _strongest(self, image: "torch.Tensor") -> "torch.Tensor":
        """The largest of a kernel's answers along the mel axis, (clips, frames, channels), of an image padded in time.

        By the convolution theorem: for each frequency along the mel axis a product over frames alone, then back, in half the
        time of torch's convolution. A few frames at once stay in a processor's cache.
        """
        import torch

        height = self._kernel.shape[2]
        spectrum = torch.fft.rfft(image, dim=2)
        windows = torch.stack([spectrum.real, spectrum.imag], 1).unfold(2, height, 1)
        # (clips, 2, frames, frequencies, height) to (frequencies, clips * frames, 2 * height)
        rows = windows.permute(3, 0, 2, 1, 4).flatten(3).flatten(1, 2)
        found = []
        for some in rows.split(_AT_ONCE, 1):
            answers = torch.bmm(torch.cat([some, some]), self._spectra)  # real parts, then imaginary ones
            found.append((self._inverse @ answers.flatten(1)).amax(0).unflatten(0, (some.shape[1], -1)))
        return torch.cat(found).unflatten(0, (len(image), -1))


def _spectra(kernel: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
    """What multiplies an image's spectra along the mel axis, and what takes the products back to the places of a kernel.

    Of a kernel (height, width, channels): (2 * frequencies, 2 * height, channels), and (places, 2 * frequencies).
    """
    import torch

    width = kernel.shape[1]
    spectrum = torch.fft.rfft(kernel.double(), _MELS, dim=1).conj().permute(1, 0, 2)  # (frequencies, height, channels)
    real, imaginary = spectrum.real, spectrum.imag
    spectra = torch.cat([torch.cat([real, -imaginary], 1), torch.cat([imaginary, real], 1)])
    one_each = torch.eye(len(real), dtype=torch.float64)
    back = torch.fft.irfft(torch.cat([one_each + 0j, one_each * 1j]), _MELS).T[: _MELS - width + 1]
    return spectra.float().contiguous(), back.float().contiguous()


def _affine(tensors: dict[str, np.ndarray], layer: int, device: str) -> "tuple[torch.Tensor, torch.Tensor]":
    """Gain and offset of each channel: a batch normalisation as it was learnt."""
    import torch

    name = _numbered("batch_normalization", layer)
    mean, variance, gain, offset = (
        tensors[f"{name}/{part}"].astype(np.float64) for part in ("moving_mean", "moving_variance", "gamma", "beta")
    )
    gain = gain / np.sqrt(variance + 1e-3)

    def tensor(values: np.ndarray) -> "torch.Tensor":
        return torch.from_numpy(values.astype(np.float32)).to(device)

    return tensor(gain), tensor(offset - mean * gain)


def _scaled(values: "torch.Tensor", affine: "tuple[torch.Tensor, torch.Tensor]") -> "torch.Tensor":
    return values * affine[0] + affine[1]


def _numbered(name: str, layer: int) -> str:
    """TensorFlow counts layers of a kind from the second on."""
    return f"{name}_{layer}" if layer else name


def load(model: str | Path = "musicnn", device: str = "cpu") -> Musicnn:
    """The tagger on ``device``; ``model`` is ``musicnn`` for the installed package, or as ``Musicnn`` takes it.

    The package is looked for and never imported: it would want TensorFlow. Raises UserError where there is none.
    """
    lean_imports.signal()
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
        return read_bundle(index, data)
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
