"""Notes and phrases from sampled instruments: a sound font, and the effects that make NSynth's qualities."""

import importlib.util
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musicologist.errors import UserError

SAMPLE_RATE = 16_000  # Hz, as NSynth
SECONDS = 4.0
SAMPLES = int(SAMPLE_RATE * SECONDS)
_OVERSAMPLING = 2  # the synthesizer does not band-limit its transposition: render higher, then decimate


@dataclass(frozen=True)
class Instrument:
    """A preset of General MIDI: NSynth's family and source, a noun of the lexicon, and where the sound font has it."""

    family: str
    source: str
    noun: str
    program: int
    bank: int = 0

    @property
    def group(self) -> str:
        """What must stay on one side of a split: variants of a preset sound alike."""
        return f"{self.family}_{self.source}_{self.program:03d}"


@dataclass(frozen=True)
class Event:
    """A note of a part: onset and end in seconds, MIDI key and velocity."""

    start: float
    end: float
    key: int
    velocity: int


_TABLE = """
bass acoustic bass 32 | bass electronic bass_guitar 33 34 35 36 37 | bass synthetic bass 38 39 8:38 8:39
brass acoustic trumpet 56 59 | brass acoustic trombone 57 | brass acoustic tuba 58 | brass acoustic french_horn 60
brass acoustic brass 61 8:61 | brass synthetic brass 62 63 8:62 8:63
flute acoustic piccolo 72 | flute acoustic flute 73 76 77 | flute acoustic recorder 74 | flute acoustic pan_flute 75
flute acoustic whistle 78 | flute acoustic ocarina 79
guitar acoustic guitar 24 25 8:25 | guitar acoustic banjo 105 | guitar acoustic ukulele 8:24
guitar acoustic mandolin 16:25 | guitar electronic guitar 26 27 28 29 30 31 8:26 8:28 8:30
keyboard acoustic piano 0 1 3 | keyboard electronic piano 2 4 5 8:4 8:5 | keyboard acoustic harpsichord 6 8:6
keyboard electronic clavinet 7
mallet acoustic glockenspiel 9 | mallet acoustic mallet 10 112 | mallet acoustic vibraphone 11
mallet acoustic marimba 12 | mallet acoustic xylophone 13 | mallet acoustic tubular_bell 14 8:14
mallet acoustic kalimba 108 | mallet acoustic steel_drum 114
organ electronic organ 16 17 18 8:16 8:17 | organ acoustic organ 19 8:19 | organ acoustic harmonium 20
organ acoustic accordion 21 23 8:21 | organ acoustic harmonica 22
reed acoustic saxophone 64 65 66 67 | reed acoustic oboe 68 111 | reed acoustic english_horn 69
reed acoustic bassoon 70 | reed acoustic clarinet 71
string acoustic violin 40 110 8:40 | string acoustic viola 41 | string acoustic cello 42 | string acoustic string 44 45
string acoustic harp 46 | string acoustic string_section 48 49 8:48 | string synthetic string 50 51 8:50
synth_lead synthetic synth_lead 80 81 82 83 84 86 87 90 8:80
vocal acoustic choir 52 | vocal acoustic voice 53 | vocal synthetic voice 54 85 91
"""

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

DRUM_KITS = (0, 8, 16, 24, 25, 32, 40)
"""Programs of bank 128."""


def _instruments() -> tuple[Instrument, ...]:
    found = []
    for entry in _TABLE.replace("\n", "|").split("|"):
        if entry.strip():
            family, source, noun, *presets = entry.split()
            for preset in presets:
                bank, _, program = preset.rpartition(":")
                found.append(Instrument(family, source, noun.replace("_", " "), int(program), int(bank or 0)))
    return tuple(found)


INSTRUMENTS = _instruments()


def soundfont_path(name: str) -> Path:
    """Where a sound font lies: ``TimGM6mb`` (inside pretty_midi), ``FluidR3`` (Debian's fluid-soundfont-gm) or a path.

    Raises UserError where it is not there.
    """
    if name == "TimGM6mb":
        package = importlib.util.find_spec("pretty_midi")
        path = Path(package.origin).with_name("TimGM6mb.sf2") if package else Path("TimGM6mb.sf2")
        remedy = "install pretty_midi, which carries it"
    elif name == "FluidR3":
        path = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
        remedy = "install the Debian package fluid-soundfont-gm"
    else:
        path, remedy = Path(name), "give TimGM6mb, FluidR3 or the path of an .sf2 file"
    if not path.is_file():
        raise UserError(f"The sound font {name} was not found at {path}: {remedy}.")
    return path


class Player:
    """A loaded sound font."""

    def __init__(self, name: str) -> None:
        """Load the sound font ``name`` (see ``soundfont_path``)."""
        import tinysoundfont

        self._synth = tinysoundfont.Synth(samplerate=_OVERSAMPLING * SAMPLE_RATE, gain=-6)
        self._font = self._synth.sfload(str(soundfont_path(name)))

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
