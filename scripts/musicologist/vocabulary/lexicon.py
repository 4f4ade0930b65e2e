"""Words and phrases of prompts, tags of annotators, and the aspects that they mean."""

import re
from collections.abc import Iterable, Sequence

from musicologist.vocabulary.terms import ASPECTS

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

TAGS: dict[str, str] = {
    "dark sound": "warm sound",
    "drums": "drum",
    "strings": "string",
    "vocals": "vocal",
    "slow decay": "long_release",
    "long decay": "long_release",
    "sustain": "long_release",
    "tempo sync": "tempo-synced",
}
"""Tags outside the vocabulary that annotators are known to answer, and the aspect each means. The words of
``annotations.LEXICON`` are known as well (electric is electronic, accordion an organ, piano a keyboard, dark a warm sound);
case, hyphens and underscores do not count."""


def resolve(tags: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The aspects that tags mean, in the vocabulary's order, and the tags that neither vocabulary nor tables know."""
    meanings = {tag: _meaning(tag) for tag in tags}
    found = set(meanings.values())
    return tuple(aspect for aspect in ASPECTS if aspect in found), tuple(t for t, m in meanings.items() if m is None)


def _meaning(tag: str) -> str | None:
    return tag if tag in ASPECTS else _TAG_MEANINGS.get(_plain(tag))


def _plain(tag: str) -> str:
    return re.sub(r"[\s_-]+", " ", tag).strip().lower()


_TAG_MEANINGS = (
    {_plain(word): aspect for aspect, words in LEXICON.items() for word in words}
    | {_plain(tag): aspect for tag, aspect in TAGS.items()}
    | {_plain(aspect): aspect for aspect in ASPECTS}
)
