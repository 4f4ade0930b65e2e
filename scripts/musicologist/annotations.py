"""Annotating prompts with the closed vocabulary: the lexicon annotator.

An annotator is a callable ``texts -> list[Annotation]``, one annotation per text, in order.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicologist.vocabulary import ASPECTS

if TYPE_CHECKING:
    import pyarrow as pa

LEXICON: dict[str, tuple[str, ...]] = {
    "bass": ("bass", "double bass", "bass guitar", "contrabass", "bassline", "bass line"),
    "brass": ("brass", "trumpet", "trombone", "tuba", "horn", "french horn", "cornet", "flugelhorn"),
    "drum": ("drum", "drum kit", "bass drum", "snare", "tom-tom", "cymbal", "hi-hat", "drumming", "beatbox"),
    "flute": ("flute", "piccolo", "recorder", "pan flute", "panpipe", "whistle", "ocarina"),
    "guitar": ("guitar", "ukulele", "banjo", "mandolin", "lute"),
    "keyboard": ("keyboard", "piano", "harpsichord", "clavinet", "clavichord", "rhodes", "wurlitzer", "celesta"),
    "mallet": ("mallet", "marimba", "vibraphone", "xylophone", "glockenspiel", "steel drum", "tubular bell", "kalimba"),
    "organ": ("organ", "accordion", "harmonica", "harmonium"),
    "reed": ("reed", "saxophone", "sax", "clarinet", "bass clarinet", "oboe", "bassoon", "english horn", "cor anglais"),
    "string": ("string", "violin", "viola", "cello", "fiddle", "harp", "string section", "orchestral strings"),
    "synth_lead": ("synth lead", "lead synth", "lead synthesizer", "synthesizer lead"),
    "vocal": ("vocal", "voice", "choir", "singer", "singing", "sung", "vocalist"),
    "bright sound": ("bright", "brilliant", "shimmering", "crisp", "brightly"),
    "warm sound": ("warm", "dark", "mellow", "warmly"),
    "distortion": ("distortion", "distorted", "overdriven", "overdrive", "fuzz", "fuzzy"),
    "fast_decay": ("fast decay", "fast-decaying", "quickly fading", "quick decay", "short decay", "fading quickly"),
    "long_release": ("long release", "long-release", "lingering", "long tail", "slowly fading", "sustained"),
    "multiphonic": ("multiphonic", "multiphonics"),
    "nonlinear_env": ("swelling", "swell", "evolving", "nonlinear envelope", "morphing"),
    "percussive": ("percussive", "punchy", "percussion"),
    "reverb": ("reverb", "reverberant", "reverberation", "echoing", "cavernous"),
    "tempo-synced": ("tempo-synced", "tempo synced", "in sync with the tempo", "synced to the tempo"),
    "acoustic": ("acoustic", "unplugged"),
    "electronic": ("electronic", "electric", "amplified"),
    "synthetic": ("synthetic", "synthesized", "synthesised", "synthesizer", "synthesiser", "synth"),
}
"""Words and phrases that mean an aspect. Found as whole words, any case, singular or plural, the longest phrase first
("bass clarinet" is a reed and no bass)."""

NEGATORS = ("no", "not", "without", "never", "lacking", "nor", "excluding", "instead of", "free of")
"""What negates the terms after it, up to five words on, lists joined by "or" and commas included."""

_NEGATED = re.compile(rf"\b(?:{'|'.join(NEGATORS)})\b(?P<scope>[^.;:!?]*)$", re.IGNORECASE)
_BOUNDARY = re.compile(r"\b(?:but|with|only|just|featuring|yet|and then|then)\b", re.IGNORECASE)
_BPM = re.compile(r"\b(\d{2,3}(?:\.\d+)?)\s*-?(?:bpm\b|beats per minute\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Annotation:
    """What one prompt asks for: ``aspects`` in the vocabulary's order, ``raw`` as answered, bpm or None."""

    aspects: tuple[str, ...]
    raw: tuple[str, ...]
    bpm: float | None


def annotate_by_lexicon(texts: Iterable[str]) -> list[Annotation]:
    """Annotate each text by the documented word lists of ``LEXICON``.

    A named tempo ("at 120 bpm") gives ``bpm`` and means tempo-synced. Terms in the scope of a negator do not count.
    ``raw`` holds the words found, in the order of the text.
    """
    return [_annotate(text) for text in texts]


def _annotate(text: str) -> Annotation:
    found: set[str] = set()
    words = []
    for match in _PATTERN.finditer(text):
        if not _is_negated(text[: match.start()]):
            words.append(match.group().lower())
            found.add(_MEANINGS[_singular(match.group())])
    tempo = _BPM.search(text)
    if tempo:
        words.append(tempo.group().lower())
        found.add("tempo-synced")
    aspects = tuple(aspect for aspect in ASPECTS if aspect in found)
    return Annotation(aspects, tuple(words), float(tempo.group(1)) if tempo else None)


def _is_negated(before: str) -> bool:
    """Whether the text before a term ends in the scope of a negator."""
    match = _NEGATED.search(before)
    if not match:
        return False
    scope = match.group("scope")
    return len(scope.split()) <= 5 and not _BOUNDARY.search(scope)


def _singular(phrase: str) -> str:
    phrase = " ".join(phrase.lower().split())
    if phrase in _MEANINGS:
        return phrase
    return phrase[:-2] if phrase.endswith("es") and phrase[:-2] in _MEANINGS else phrase[:-1]


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    alternatives = "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in longest_first)
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?:es|s)?(?![\w-])", re.IGNORECASE)


_MEANINGS = {phrase: aspect for aspect, phrases in LEXICON.items() for phrase in phrases}
_PATTERN = _pattern(tuple(_MEANINGS))


def table(rows: Iterable[tuple[int, Annotation, int]], annotator: str) -> "pa.Table":
    """A table of kind ``annotations`` out of (prompt_id, annotation, pass); pass 0 is the majority of several passes."""
    import pyarrow as pa

    from musicologist.tables import SCHEMAS

    rows = list(rows)
    columns = {
        "prompt_id": [prompt_id for prompt_id, _, _ in rows],
        "aspects": [annotation.aspects for _, annotation, _ in rows],
        "aspects_raw": [annotation.raw for _, annotation, _ in rows],
        "bpm": [annotation.bpm for _, annotation, _ in rows],
        "annotator": [annotator] * len(rows),
        "pass": [number for _, _, number in rows],
    }
    return pa.table(columns, schema=SCHEMAS["annotations"])


ANNOTATORS = {"lexicon": annotate_by_lexicon}
