"""The instruments of General MIDI that stand for families and sources of NSynth."""

from dataclasses import dataclass


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
