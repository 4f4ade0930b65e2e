"""Words that a model with a vocabulary of whole words does not know: found in prompts before anything is generated.

The bundled models have such vocabularies. Models that read parts of words (T5, RoBERTa) know every word: nothing is found.
"""

import difflib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicologist.core.errors import UserError
from musicologist.vocabulary import lexicon

FUNCTION_WORDS = frozenset(("a", "an", "and", "at", "for", "from", "in", "of", "on", "one", "or", "the", "with"))
"""Words that say nothing by themselves: a prompt in which a model knows only these asks it for nothing."""

_WORD = re.compile(r"\w+|[^\w\s]+")  # as the tokenizer cuts a text
_LISTED = 12  # unknown words that a sentence names


@dataclass(frozen=True)
class Vocabulary:
    """The words of a model's tokenizer, and which spellings it reads as another one, in order."""

    words: frozenset[str]
    folded: tuple[tuple[re.Pattern[str], str], ...] = ()

    def unknown(self, text: str) -> tuple[str, ...]:
        """The words of a text that the model does not know, as it reads them, each once; signs alone are no words."""
        return tuple(dict.fromkeys(word for word in self._read(text) if word not in self.words and word[0].isalnum()))

    def knows_anything(self, text: str) -> bool:
        """Whether a word of the text is known that says something."""
        return any(word in self.words and word[0].isalnum() and word not in FUNCTION_WORDS for word in self._read(text))

    def near(self, word: str) -> tuple[str, ...]:
        """Up to three known words that mean or look like ``word``: those of an aspect that it names come first."""
        meant = [phrase for phrases in lexicon.LEXICON.values() if word in phrases for phrase in phrases]
        alike = difflib.get_close_matches(word, sorted(self.words), n=3, cutoff=0.75)
        return tuple(dict.fromkeys(one for one in (*meant, *alike) if one in self.words and one != word))[:3]

    def _read(self, text: str) -> list[str]:
        text = text.lower()
        for pattern, spelling in self.folded:
            text = pattern.sub(spelling, text)
        return _WORD.findall(text)


def of_model(directory: str | Path) -> Vocabulary | None:
    """The vocabulary of a model's folder; None where it has no tokenizer of whole words. Raises UserError for a damaged one."""
    path = Path(directory) / "tokenizer.json"
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["model"]["type"] != "WordLevel":
            return None
        return Vocabulary(frozenset(told["model"]["vocab"]), tuple(_folded(told.get("normalizer"))))
    except (ValueError, KeyError, TypeError, re.error) as error:
        raise UserError(f"{path} is no tokenizer ({type(error).__name__}): fetch the model again.") from None


def _folded(normalizer: Any) -> Iterable[tuple[re.Pattern[str], str]]:
    for step in (normalizer or {}).get("normalizers", ()):
        if step["type"] == "Replace":
            yield re.compile(step["pattern"]["Regex"]), step["content"]


def warning(texts: Sequence[str], model: str | Path, left_out: Collection[int] = ()) -> str:
    """What of given prompts the model in a folder does not know, as a sentence; empty where it knows all, or reads any text.

    Raises UserError for a prompt in which nothing is left that it knows, unless it is one of those ``left_out`` by number.
    """
    vocabulary = of_model(model)
    if vocabulary is None:
        return ""
    for number, text in enumerate(texts):
        if number not in left_out and not vocabulary.knows_anything(text):
            raise UserError(
                f"Prompt {number} ({text[:60]!r}) has no word that says something and that the diffusion model knows: it "
                "would be generated as if nothing were asked for. Say it in words of that model "
                f"({_some(text, vocabulary)}), leave it out (prompts.leave_out), or take a model that reads any text."
            )
    found = [vocabulary.unknown(text) for text in texts]
    counts = Counter(word for words in found for word in words)
    if not counts:
        return ""
    named = [_with_near(word, vocabulary) for word, _ in counts.most_common(_LISTED)]
    more = f" and {len(counts) - _LISTED} more" if len(counts) > _LISTED else ""
    several = f"{sum(map(bool, found))} of {len(texts)} prompts"
    return (
        f"The diffusion model knows {len(vocabulary.words)} words. {several} hold others, "
        f"which it reads as no word at all: {', '.join(named)}{more}. prompts/prompts.parquet lists them by prompt; the labels "
        "count them, so say these prompts in words that it knows."
    )


def _some(text: str, vocabulary: Vocabulary) -> str:
    """A few of the words that could be meant."""
    near = [known for word in vocabulary.unknown(text) for known in vocabulary.near(word)]
    return ", ".join(dict.fromkeys(near)) or "they stand in its tokenizer.json"


def _with_near(word: str, vocabulary: Vocabulary) -> str:
    near = vocabulary.near(word)
    return f"{word} (it knows {', '.join(near)})" if near else word
