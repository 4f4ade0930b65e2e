"""Notes and phrases from sampled instruments: a sound font, and the effects that make NSynth's qualities."""

import importlib.util
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musicologist.core.errors import UserError
from musicologist.vocabulary.instruments import INSTRUMENTS, Instrument
from musicologist.vocabulary.terms import QUALITIES, compatible

SAMPLE_RATE = 16_000  # Hz, as NSynth
SECONDS = 4.0
SAMPLES = int(SAMPLE_RATE * SECONDS)
_OVERSAMPLING = 2  # the synthesizer does not band-limit its transposition: render higher, then decimate

KEYS = {
    "bass": (28, 52),
    "brass": (46, 77),
    "flute": (60, 90),
    "guitar": (40, 76),
    "keyboard": (36, 88),
    "mallet": (53, 91),
    "organ": (40, 84),
    "reed": (46, 80),
    "string": (43, 84),
    "synth_lead": (48, 84),
    "vocal": (48, 76),
}
"""Lowest and highest MIDI key that each family plays."""

DEBIAN = {
    "FluidR3": ("FluidR3_GM.sf2", "fluid-soundfont-gm"),
    "MuseScore_General": ("MuseScore_General_Full.sf2", "musescore-general-soundfont-lossless"),
}
"""Sound fonts that Debian has: file and package, both under the MIT licence."""


@dataclass(frozen=True)
class Event:
    """A note of a part: onset and end in seconds, MIDI key and velocity."""

    start: float
    end: float
    key: int
    velocity: int


def sample_qualities(rng: np.random.Generator, probability: float) -> tuple[str, ...]:
    """Each of NSynth's qualities with this probability, without those that undo each other; in the vocabulary's order."""
    while True:
        chosen = tuple(quality for quality in QUALITIES if rng.random() < probability)
        if compatible(chosen):
            return chosen


def soundfont_path(name: str) -> Path:
    """Where a sound font lies: ``TimGM6mb`` (inside pretty_midi), one of Debian's (``DEBIAN``) or a path.

    Raises UserError where it is not there.
    """
    if name == "TimGM6mb":
        found = importlib.util.find_spec("pretty_midi")
        path = Path(found.origin if found and found.origin else "pretty_midi").with_name("TimGM6mb.sf2")
        remedy = "install pretty_midi, which carries it"
    elif name in DEBIAN:
        file, package = DEBIAN[name]
        path = Path("/usr/share/sounds/sf2") / file
        remedy = f"install the Debian package {package}"
    else:
        path, remedy = Path(name), f"give TimGM6mb, {', '.join(DEBIAN)} or the path of an .sf2 file"
    if not path.is_file():
        raise UserError(f"The sound font {name} was not found at {path}: {remedy}.")
    return path


class Player:
    """A loaded sound font."""

    def __init__(self, name: str) -> None:
        """Load the sound font ``name`` (see ``soundfont_path``)."""
        import tinysoundfont

        self._synth = tinysoundfont.Synth(samplerate=_OVERSAMPLING * SAMPLE_RATE, gain=-6)
        path = soundfont_path(name)
        try:
            self._font = self._synth.sfload(str(path))
        except RuntimeError:
            raise UserError(
                f"{path} is no sound font that can be read: name an .sf2 file, or fetch it again."
            ) from None

    def has(self, instrument: Instrument) -> bool:
        """Whether the sound font has the instrument's preset."""
        return bool(self._synth.sfpreset_name(self._font, instrument.bank, instrument.program))

    def instruments(self) -> list[Instrument]:
        """All instruments of the table that the sound font has."""
        return [instrument for instrument in INSTRUMENTS if self.has(instrument)]

    def play(self, bank: int, program: int, events: Sequence[Event]) -> np.ndarray:
        """Render events into float64 (SAMPLES,), not normalised."""
        from scipy.signal import resample_poly

        self._synth.sounds_off()
        self._generate(_OVERSAMPLING * SAMPLE_RATE // 10)  # voices that are cut fade out: not into this one
        self._synth.program_select(0, self._font, bank, program)
        rate = _OVERSAMPLING * SAMPLE_RATE
        total = _OVERSAMPLING * SAMPLES
        changes = [(int(event.start * rate), 1, event) for event in events]
        changes += [(min(int(event.end * rate), total), 0, event) for event in events]
        pieces, now = [], 0
        for time, on, event in sorted(changes, key=lambda change: (change[0], change[1], change[2].key)):
            pieces.append(self._generate(time - now))
            now = time
            if on:
                self._synth.noteon(0, event.key, event.velocity)
            else:
                self._synth.noteoff(0, event.key)
        pieces.append(self._generate(total - now))
        return resample_poly(np.concatenate(pieces)[:total].astype(np.float64), 1, _OVERSAMPLING)

    def _generate(self, samples: int) -> np.ndarray:
        if samples <= 0:
            return np.zeros(0, np.float32)
        return np.frombuffer(bytes(self._synth.generate(samples)), np.float32).reshape(-1, 2).mean(axis=1)


def envelope(qualities: Collection[str], events: Sequence[Event], bpm: float | None) -> np.ndarray:
    """The gain (SAMPLES,) that makes the qualities of a note's shape: decays, swells and gates, restarted by each onset."""
    time = np.arange(SAMPLES) / SAMPLE_RATE
    onsets = np.array(sorted({event.start for event in events}))
    since = time - onsets[np.clip(np.searchsorted(onsets, time, side="right") - 1, 0, None)]
    gain = np.ones(SAMPLES)
    if "fast_decay" in qualities:
        gain *= np.exp(-6 * since)
    if "percussive" in qualities:
        gain *= 0.08 + np.exp(-18 * since) * 1.5
    if "long_release" in qualities:
        held = min(1.5, float(np.diff(onsets).min()) * 0.5) if len(onsets) > 1 else 1.5
        gain *= np.exp(-0.9 * np.clip(since - held, 0, None))
    if "nonlinear_env" in qualities:
        length = min(2.5, float(np.diff(onsets).min())) if len(onsets) > 1 else 2.5
        rise = np.clip(since / length, 0, 1)
        gain *= rise**2 * (1 - 0.45 * np.cos(2 * np.pi * 3.5 * since))
    if "tempo-synced" in qualities:
        phase = time * (bpm or 120) / 60 * 2 % 1  # eighth notes
        gain *= 0.06 + 0.94 * np.clip(np.minimum(phase, 0.55 - phase) * 40, 0, 1)
    return gain


def effects(audio: np.ndarray, qualities: Collection[str], rng: np.random.Generator) -> np.ndarray:
    """Apply the qualities that are effects on sound (SAMPLES,): distortion, dark, bright, reverb."""
    from scipy.signal import butter, fftconvolve, sosfilt

    if "distortion" in qualities:
        audio = np.tanh(audio / (np.abs(audio).max() + 1e-9) * rng.uniform(8, 20))
    if "dark" in qualities:
        audio = sosfilt(butter(2, rng.uniform(500, 1100), "lowpass", fs=SAMPLE_RATE, output="sos"), audio)
    if "bright" in qualities:
        high = sosfilt(butter(2, rng.uniform(1500, 2500), "highpass", fs=SAMPLE_RATE, output="sos"), audio)
        audio = 0.5 * audio + rng.uniform(3, 6) * high
    if "reverb" in qualities:
        time = np.arange(int(1.4 * SAMPLE_RATE)) / SAMPLE_RATE
        response = rng.standard_normal(len(time)) * np.exp(-time * rng.uniform(2.5, 5))
        response /= np.sqrt((response**2).sum())
        audio = audio + rng.uniform(0.6, 1.0) * fftconvolve(audio, response)[: len(audio)]
    return audio


def thickened(events: Sequence[Event]) -> list[Event]:
    """Each note with two inharmonic partners: what ``multiphonic`` sounds like."""
    return [
        Event(event.start, event.end, min(event.key + shift, 108), max(1, int(event.velocity * loudness)))
        for event in events
        for shift, loudness in ((0, 1.0), (6, 0.85), (13, 0.75))
    ]


def finish(audio: np.ndarray, peak: float) -> np.ndarray | None:
    """Free audio of its offset and scale it to ``peak``; None where it is silent."""
    audio = audio - audio.mean()
    loudest = np.abs(audio).max()
    if not np.isfinite(loudest) or loudest < 1e-4:
        return None
    return (audio * (peak / loudest)).astype(np.float32)


def render(
    player: Player,
    instrument: Instrument,
    events: Sequence[Event],
    qualities: Collection[str],
    bpm: float | None = None,
) -> np.ndarray:
    """One part with its note shapes, before effects: float64 (SAMPLES,)."""
    if "long_release" in qualities and len({event.start for event in events}) == 1:
        events = [Event(event.start, SECONDS, event.key, event.velocity) for event in events]
    played = thickened(events) if "multiphonic" in qualities else events
    return player.play(instrument.bank, instrument.program, played) * envelope(qualities, events, bpm)
