"""Training clips: seeded scenes of one to three instruments, rendered, with a caption that says what they are."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musicologist.notes.synthesizer import (
    KEYS,
    SAMPLES,
    SECONDS,
    Event,
    Player,
    effects,
    finish,
    render,
    sample_qualities,
)
from musicologist.vocabulary.grammar import TEMPI, Voice, sentence
from musicologist.vocabulary.instruments import Instrument
from musicologist.vocabulary.phrases import COMPOUNDS
from musicologist.vocabulary.synonyms import synonyms
from musicologist.vocabulary.terms import FAMILIES, QUALITIES

_DRUM_KITS = (0, 8, 16, 24, 25, 32, 40)
"""Programs of bank 128."""

_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))  # major, natural minor


@dataclass(frozen=True)
class Scene:
    """What a clip holds: its kind, the instruments, whether drums play along, qualities, and a tempo in beats a minute."""

    kind: str
    instruments: tuple[Instrument, ...]
    drums: bool
    qualities: tuple[str, ...]
    bpm: int | None


def sample_scene(rng: np.random.Generator, instruments: dict[str, list[Instrument]], family: str) -> Scene:
    """A scene whose first instrument is of ``family``; ``instruments`` are those that can play, by family."""
    kind = str(rng.choice(["note", "phrase", "chord", "mixture"], p=[0.38, 0.32, 0.12, 0.18]))
    families, drums = [family], False
    if kind == "mixture":
        others = [other for other in FAMILIES if other != family]
        drums = bool(rng.random() < 0.35)
        count = 1 + int(rng.random() < 0.25) - int(drums and rng.random() < 0.7)
        families += [str(other) for other in rng.choice(others, max(count, 0), replace=False)]
    chosen = tuple(_pick(rng, instruments[name]) for name in families)
    qualities = sample_qualities(rng, 0.11)
    bpm = int(rng.choice(TEMPI)) if "tempo-synced" in qualities or rng.random() < 0.08 else None
    if bpm and "tempo-synced" not in qualities:
        qualities = tuple(quality for quality in QUALITIES if quality in (*qualities, "tempo-synced"))
    return Scene(kind, chosen, drums, qualities, bpm)


def _pick(rng: np.random.Generator, instruments: list[Instrument]) -> Instrument:
    """One instrument, each noun and source as likely as the others: variants do not crowd out the rest."""
    sorts = sorted({(instrument.source, instrument.noun) for instrument in instruments})
    sort = sorts[int(rng.integers(len(sorts)))]
    same = [instrument for instrument in instruments if (instrument.source, instrument.noun) == sort]
    return same[int(rng.integers(len(same)))]


def caption(rng: np.random.Generator, scene: Scene) -> str:
    """A sentence about the scene; now and then it leaves a source, a quality or the exact noun unsaid."""
    voices = []
    for instrument in scene.instruments:
        noun = instrument.noun if rng.random() < 0.5 else instrument.family.replace("_", " ")
        voices.append(Voice(noun, instrument.source if rng.random() < 0.5 else None))
    if scene.drums:
        voices.append(Voice("drums"))
    qualities = [quality for quality in scene.qualities if rng.random() < 0.92]
    bpm = scene.bpm if rng.random() < 0.5 else None
    return sentence(rng, scene.kind, voices, [str(q) for q in rng.permutation(qualities)], bpm)


def render_scene(player: Player, rng: np.random.Generator, scene: Scene) -> np.ndarray | None:
    """Audio of a scene, float32 (SAMPLES,) at SAMPLE_RATE; None where it came out silent."""
    beat = 60 / scene.bpm if scene.bpm else float(rng.choice([0.3, 0.4, 0.5, 0.6, 0.8]))
    total = np.zeros(SAMPLES)
    for index, instrument in enumerate(scene.instruments):
        kind = scene.kind if scene.kind != "mixture" else str(rng.choice(["note", "phrase", "chord"]))
        part = render(player, instrument, _events(rng, kind, instrument, beat), scene.qualities, scene.bpm)
        loudness = np.abs(part).max()
        if loudness < 1e-4:
            return None
        total = total + part / loudness * (1 if index == 0 else rng.uniform(0.5, 0.9))
    if scene.drums:
        drums = player.play(128, int(rng.choice(_DRUM_KITS)), _drum_events(rng, beat))
        total = total + drums / (np.abs(drums).max() + 1e-9) * rng.uniform(0.5, 0.9)
    return finish(effects(total, scene.qualities, rng), float(rng.uniform(0.4, 0.9)))


def _events(rng: np.random.Generator, kind: str, instrument: Instrument, beat: float) -> list[Event]:
    low, high = KEYS[instrument.family]
    key, velocity = int(rng.integers(low, high + 1)), int(rng.choice([50, 75, 100, 127]))
    if kind == "note":
        return [Event(0.0, 3.0, key, velocity)]
    if kind == "chord":
        key, length = min(key, high - 7), beat * int(rng.choice([2, 4]))
        third = int(rng.choice([3, 4]))
        starts = np.arange(0, SECONDS - 0.1, length)
        return [Event(t, t + 0.95 * length, key + i, velocity) for t in starts for i in (0, third, 7)]
    scale, degree = _SCALES[int(rng.integers(2))], int(rng.integers(0, 5))
    root, length, events = max(low, min(key, high - 14)), beat * float(rng.choice([0.5, 1, 1])), []
    for start in np.arange(0, SECONDS - 0.15, length):
        degree = int(np.clip(degree + rng.integers(-2, 3), 0, 9))
        note = root + scale[degree % 7] + 12 * (degree // 7)
        events.append(Event(float(start), float(start + 0.92 * length), note, velocity))
    return events


def _drum_events(rng: np.random.Generator, beat: float) -> list[Event]:
    """A plain beat: bass drum on one, snare drum on two, hi-hat on the eighths."""
    events = []
    for eighth, start in enumerate(np.arange(0, SECONDS - 0.05, beat / 2)):
        hits = [42, *([36] if eighth % 4 == 0 else [38] if eighth % 4 == 2 else [])]
        events += [Event(start, start + 0.1, key, int(rng.integers(70, 120))) for key in hits]
    return events


def other_forms(words: Iterable[str]) -> dict[str, str]:
    """Plurals, adverbs and verb forms that are no words of a vocabulary themselves, each with the word that stands for it."""
    known = {word for word in words if len(word) > 2 and word.isalpha()}
    found = {"play": "playing", "plays": "playing"} if "playing" in known else {}
    for word in sorted(known):
        if word.endswith("s") and not word.endswith("ss"):
            found.setdefault(word[:-1], word)  # chord, where chords is known
        elif word.endswith("y") and word[-2] not in "aeiou":
            found[f"{word[:-1]}ies"] = word
        else:
            found[word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")] = word
        if word in ("bright", "warm", "dark", "slow"):
            found[f"{word}ly"] = word
    return {form: word for form, word in found.items() if form not in known}


def folding(words: Iterable[str]):
    """The normalizer of a word-level tokenizer: other spellings as the words that the vocabulary has.

    Lower case; compounds ("reverb-heavy") as their first part; then phrases and words that stand for a known one, or for none
    (``synonyms``), the longest first; other forms of known words; tempi as the nearest known, other numbers as nothing.
    """
    from tokenizers import Regex, normalizers

    known, meant = set(words), defaultdict(list)
    for phrase, word in synonyms(known).items():
        meant[-len(phrase.split()), word].append(r"[\s-]+".join(map(re.escape, phrase.split())))
    steps = [(rf"(?<=\w)-(?:{COMPOUNDS})\b", "")]
    steps += [(rf"\b(?:{'|'.join(sorted(found))})(?:es|s)?\b", word) for (_, word), found in sorted(meant.items())]
    steps += [(rf"\b{form}\b", word) for form, word in sorted(other_forms(known).items())]
    steps += [(rf"\b(?:{'|'.join(found)})\b", tempo) for tempo, found in _nearest_tempi(known).items()]
    steps += [
        (rf"\b(?!(?:{'|'.join(sorted(word for word in known if word.isdecimal()))})\b)\d+(?:s|th|st|nd|rd)?\b", "")
    ]
    return normalizers.Sequence(
        [normalizers.Lowercase(), *(normalizers.Replace(Regex(form), word) for form, word in steps)]
    )


def _nearest_tempi(known: Collection[str]) -> dict[str, list[str]]:
    """Tempi in beats per minute that are no words of a vocabulary, by the known one that is nearest."""
    tempi = sorted(int(word) for word in known if word.isdecimal())
    found = defaultdict(list)
    for number in range(40, 221) if tempi else ():
        if number not in tempi:
            found[str(min(tempi, key=lambda tempo: abs(tempo - number)))].append(str(number))
    return found


def build_tokenizer(texts: Iterable[str], directory: str | Path):
    """Make a word-level tokenizer over all words of ``texts``, save it in ``directory`` and return it.

    Words are lower-cased and split at spaces and punctuation; an unknown one becomes ``<unk>``, unless it is another form of a
    known one (``other_forms``) or means the same (``synonyms``).
    """
    from musicologist.models.compat import torchaudio  # noqa: F401  (before transformers)

    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers  # isort: skip
    from transformers import PreTrainedTokenizerFast  # isort: skip

    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(special_tokens=specials))
    tokenizer.normalizer = folding(tokenizer.get_vocab())
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=40,
    )
    fast.save_pretrained(str(directory))
    return fast
