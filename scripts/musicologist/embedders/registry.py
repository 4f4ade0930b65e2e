"""Embedders by name: models that hear audio, one file a family. One more is its file and one line here.

Jobs are told the module and load it by name (``devices.family``), and its digest is a parameter of their rules: one more makes
nothing stale. It is read where nothing is computed too (the check before a run), so it imports torch in its functions. One that
is not in the library needs no line: ``models.clap: path/to/NAME.py``. The least that a family is, here one that hears the
loudness of eight parts of a second::

    LICENCE, READS_TEXT, ON_SPHERE = "none needed", False, False

    class Loudness:
        sample_rate, window, size = 16_000, 16_000, 8
        embed_text = None

        def embed_audio(self, clips, batch_size):
            parts = np.stack([np.resize(clip, self.window).reshape(self.size, -1) for clip in clips])
            return np.sqrt((parts**2).mean(axis=2))

    def load(model, device="cpu"):
        return Loudness()

    def check(place): ...  # no file to check
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

import numpy as np

from musicologist.core.checkout import found
from musicologist.core.errors import UserError
from musicologist.models import devices, hub

FAMILIES = {
    "clap": "musicologist.embedders.clap",
    "clap_laion": "musicologist.embedders.clap_laion",
    "musicnn": "musicologist.embedders.musicnn",
}
"""The module of each family."""

TAGGERS = {"musicologist.embedders.musicnn": "musicologist.embedders.musicnn_tags"}
"""Of families that have names for what they hear: the module that reads them off the embeddings, a ``Tagger``. A file of the
user's own may have the parts of both."""

PACKAGED = ("musicnn",)
"""Families whose weights come with a package: their name is the model's."""


class Embedder(Protocol):
    """A loaded model that hears mono audio."""

    sample_rate: int
    """Of the audio that it takes, in Hz."""
    window: int
    """Samples that it hears at once."""
    size: int
    """Numbers in an embedding."""
    embed_text: Callable[[Sequence[str]], np.ndarray] | None
    """Embeddings (texts, size) of texts in the same space; None where it does not read."""

    def embed_audio(self, clips: Sequence[np.ndarray], batch_size: int) -> np.ndarray:
        """Embeddings (clips, size), float32, of mono clips (samples,); neither batch nor order changes a clip's.

        With ``models.precision`` of half width it is called under ``torch.autocast``, which it may switch off for itself.
        """


class Family(Protocol):
    """What the module of a family has."""

    LICENCE: str
    """Of the weights."""
    READS_TEXT: bool
    """Whether its embedders have ``embed_text``; without it the zero-shot control is left out."""
    ON_SPHERE: bool
    """Whether embeddings have unit norm; if not, the notes centre and scale them (``embeddings.scaling``)."""

    ENVIRONMENT: str
    """The file of envs/ in which it runs, without ``.yaml``; left out by those that run in ``clap``."""

    def load(self, model: str | Path, device: str = "cpu") -> Embedder:
        """The embedder in a directory or file, or of this Hugging Face id; UserError where it cannot be loaded."""

    def check(self, place: Path) -> None:
        """Raise UserError where a file is missing or truncated; loads nothing."""

    def needed(self, repository: hub.Repository) -> hub.Files:
        """The files of a hub repository that are wanted; only where it has models there."""


class Tagger(Protocol):
    """What the module of a tagger has: names of what a clip holds that the embedder was trained to give, without a probe."""

    TAGS: Sequence[str]
    """The names."""
    TAGS_OF_ASPECTS: Mapping[str, Sequence[str]]
    """The tags that say an aspect of prompts; an aspect that is itself a tag needs no entry."""

    def tagger(self, model: str | Path) -> Callable[[np.ndarray], np.ndarray]:
        """A function from embeddings (clips, size), neither centred nor scaled, to probabilities (clips, tags), float32."""


def module_of(model: str | Path) -> str:
    """The module of the family that reads ``model``.

    A file NAME.py is a family of the user's own, and its model. Another file is a checkpoint of LAION's (.pt), a directory is
    transformers', and so are Hugging Face ids. What is none of these is left to the family, which says what is missing.
    """
    if str(model).endswith(".py"):
        return str(found(model))
    if str(model) in PACKAGED:
        return FAMILIES[str(model)]
    is_file = found(model).is_file() or str(model).partition("@")[0].endswith(".pt")
    return FAMILIES["clap_laion" if is_file else "clap"]


def of_model(model: str | Path) -> Family:
    """The family that reads ``model``, loaded; UserError where a file of the user's own lacks a part of it."""
    module = module_of(model)
    family = _whole(module, {"LICENCE": str, "READS_TEXT": bool, "ON_SPHERE": bool, "load": Callable}, "an embedder")
    try:
        inspect.signature(family.load).bind(model, "cpu")
    except TypeError as error:
        raise UserError(
            f"{module}: load cannot be called with the model and the device ({error}): expected load(model, device)."
        ) from None
    return cast(Family, family)


_WORDS = {str: "text", bool: "True or False", Sequence: "a list", Mapping: "a dictionary", Callable: "a function"}


def _whole(module: str, parts: Mapping[str, Any], what: str) -> ModuleType:
    """The module of this name, loaded; UserError where it ends the program, or lacks one of ``parts``, of these types."""
    try:
        found = devices.family(module)
    except SystemExit:
        raise UserError(
            f"{module} ends the program where it is read: put what it does by itself below `if __name__ == '__main__':`."
        ) from None
    if missing := [f"{part} that is {_WORDS[kind]}" for part, kind in parts.items() if not _is(found, part, kind)]:
        raise UserError(
            f"{module} has no {' and no '.join(missing)}: {what} has {', '.join(parts)}, as examples/own_embedder.py and "
            "scripts/musicologist/embedders/registry.py show."
        )
    return found


def _is(module: ModuleType, part: str, kind: Any) -> bool:
    return isinstance(getattr(module, part, None), kind)


def tagger_of(module: str) -> str | None:
    """The module that reads tags off the embeddings of a family, itself or one of TAGGERS; None where it has no names."""
    found = TAGGERS.get(module, module)
    return found if hasattr(devices.family(found), "tagger") else None


def tags_of(tagger: str) -> Tagger:
    """The module of a tagger, loaded; UserError where it lacks a part."""
    return cast(Tagger, _whole(tagger, {"TAGS": Sequence, "TAGS_OF_ASPECTS": Mapping, "tagger": Callable}, "a tagger"))
