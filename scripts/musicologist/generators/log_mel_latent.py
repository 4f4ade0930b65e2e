"""A fixed log-mel latent: what a CPU alone can train a small diffusion model on, in place of an Oobleck autoencoder.

Encoding is a normalised log-mel spectrogram; decoding inverts the mel filters and finds phases with the Griffin-Lim
algorithm (Griffin and Lim 1984), from fixed phases that run on at each bin's centre frequency.
"""

import math

from musicologist.models.compat import k_diffusion  # noqa: F401  (before stable_audio_tools)

import torch  # isort: skip
from stable_audio_tools.models.pretransforms import Pretransform  # isort: skip
from transformers.audio_utils import mel_filter_bank  # isort: skip

MELS = 64
HOP = 256  # samples
_WINDOW = 1024  # samples
_SCALE = 0.5  # of mel magnitudes, so that full scale lies near 1 before the logarithm
_FLOOR = 1e-3
_HISS = 0.1 * _FLOOR  # what is left of silence: about -85 dB, some steps of 16 bits
_LOUDEST = 4.0  # no scaled mel magnitude of audio within ±1 is larger
_FULL_SCALE = 0.25 * 0.375 * _WINDOW**2  # energy of a full-scale sine over the bins of one frame under the Hann window
_PEAK = 0.9  # of the loudest training clips
_AT_ONCE = 4  # clips: their spectra fit a processor's cache
_DAMPING = 0.3  # share of the wanted magnitude below which a phase counts for less: keeps decoding smooth in its input


class LogMelPretransform(Pretransform):
    """Audio (batch, 1, samples) to latents (batch, MELS, samples / HOP) of about zero mean and unit spread, and back.

    ``mean`` and ``spread`` are those of the training data's log-mel values; ``iterations`` is Griffin-Lim's.
    """

    def __init__(self, sample_rate: int, mean: float, spread: float, iterations: int) -> None:
        """Prepare filters and the phases from which every decoding starts."""
        super().__init__(enable_grad=False, io_channels=1, is_discrete=False)
        self.encoded_channels = MELS
        self.downsampling_ratio = HOP
        self.mean, self.spread, self.iterations = mean, spread, iterations
        filters = mel_filter_bank(
            _WINDOW // 2 + 1, MELS, 30.0, sample_rate / 2, sample_rate, norm="slaney", mel_scale="slaney"
        )
        mel = torch.from_numpy(filters).float()
        self.register_buffer("filters", mel, persistent=False)
        self.register_buffer("inverse", torch.linalg.pinv(mel), persistent=False)
        self.register_buffer("window", torch.hann_window(_WINDOW), persistent=False)

    @torch.no_grad()
    def encode(self, audio: torch.Tensor) -> torch.Tensor:
        """Latents (batch, MELS, samples / HOP) of audio (batch, 1, samples)."""
        frames = audio.shape[-1] // HOP
        magnitude = self._stft(audio[:, 0])[:, :, :frames].abs()
        mel = torch.einsum("bft,fm->bmt", magnitude, self.filters) * _SCALE
        return (torch.log(mel + _FLOOR) - self.mean) / self.spread

    @torch.no_grad()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Audio (batch, 1, frames * HOP) of latents (batch, MELS, frames); no clip depends on the others.

        Values beyond what audio within ±1 can have are limited, and each frame to the energy of a full-scale sine, so that a
        blurred or over-guided estimate cannot explode. A clip whose peak is above that of the training clips is turned down as
        a whole: nothing is left to be cut off at full scale. An estimate of silence is a faint hiss, for it is a sound to embed
        as any other.
        """
        return torch.cat([self._decode(some) for some in latents.split(_AT_ONCE)])

    def _decode(self, latents: torch.Tensor) -> torch.Tensor:
        logarithm = (latents.float() * self.spread + self.mean).clamp(math.log(_FLOOR), math.log(_LOUDEST))
        mel = (torch.exp(logarithm) - _FLOOR).clamp_min(_HISS).transpose(1, 2) / _SCALE
        magnitude = self._magnitude(mel).transpose(1, 2)
        magnitude = torch.cat([magnitude, magnitude[:, :, -1:]], dim=-1)
        audio = self._griffin_lim(magnitude, latents.shape[-1] * HOP)
        audio = audio - audio.mean(dim=-1, keepdim=True)
        return (audio * (_PEAK / audio.abs().amax(dim=-1, keepdim=True).clamp_min(_PEAK)))[:, None]

    def _magnitude(self, mel: torch.Tensor) -> torch.Tensor:
        """Non-negative magnitudes (batch, frames, bins) with the nearest mel, by multiplicative updates."""
        magnitude = (mel @ self.inverse).clamp_min(0) + 1e-4
        target = mel @ self.filters.T
        for _ in range(8):
            magnitude = magnitude * (target / ((magnitude @ self.filters) @ self.filters.T + 1e-6))
        energy = (magnitude**2).sum(dim=-1, keepdim=True)
        return magnitude * torch.sqrt(_FULL_SCALE / energy.clamp_min(_FULL_SCALE))

    def _griffin_lim(self, magnitude: torch.Tensor, samples: int) -> torch.Tensor:
        phase = self._running_phases(magnitude.shape[-1])
        for _ in range(self.iterations):
            rebuilt = self._stft(self._istft(magnitude * phase, samples))
            power = rebuilt.real**2 + rebuilt.imag**2
            phase = rebuilt / torch.sqrt(power + (_DAMPING * magnitude) ** 2 + 1e-8)
        return self._istft(magnitude * phase, samples)

    def _running_phases(self, frames: int) -> torch.Tensor:
        """Phases (1, bins, frames) of steady tones at the bins' centres, each with its own fixed offset: no common pulse."""
        bins = self.filters.shape[0]
        offset = torch.rand(bins, 1, generator=torch.Generator().manual_seed(0))
        turns = offset + torch.arange(bins)[:, None] * torch.arange(frames) * (HOP / _WINDOW)
        turns = (turns % 1).to(self.filters.device)
        return torch.polar(torch.ones_like(turns), 2 * math.pi * turns)[None]

    def _stft(self, audio: torch.Tensor) -> torch.Tensor:
        return torch.stft(audio, _WINDOW, HOP, window=self.window, return_complex=True)

    def _istft(self, spectrum: torch.Tensor, samples: int) -> torch.Tensor:
        return torch.istft(spectrum, _WINDOW, HOP, window=self.window, length=samples)
