"""Text queries for CLAP: what a listener would call each aspect, in several wordings, for a probe that was never trained."""

from collections.abc import Iterable

from musicologist.vocabulary.aspects import ASPECTS, column

_NAMES = column("query")
"""What stands before a noun, where it is not the aspect's own name."""

TEMPLATES = (
    "{a} note",
    "{a} melody",
    "{bare} chords",
    "a recording of {a} note",
    "a recording of {a} melody",
    "a recording of {bare} chords",
    "music with {a} sound",
)
"""An ensemble of wordings, for single wordings are unreliable (Radford et al. 2021, CLIP, section 3.1.4)."""


def queries(aspects: Iterable[str] = ASPECTS) -> list[tuple[str, str]]:
    """(aspect, text) for every aspect in every wording."""
    found = []
    for aspect in aspects:
        word = _NAMES.get(aspect, aspect)
        article = "an" if word[0] in "aeiou" else "a"
        found += [(aspect, template.format(a=f"{article} {word}", bare=word)) for template in TEMPLATES]
    return found
