"""Embedders by name: models that hear audio, one file a family. One more is its file and one line here.

Jobs are told the module and load it by name (``devices.family``), and its digest is a parameter of their rules: one more makes
nothing stale. It is read where nothing is computed too (the check before a run), so it imports torch in its functions. The
least that a family is, here one that hears the loudness of eight parts of a second::

    class Loudness:
        sample_rate, window, size = 16_000, 16_000, 8
        embed_text = None

        def embed_audio(self, clips, batch_size):
            parts = np.stack([np.resize(clip, self.window).reshape(self.size, -1) for clip in clips])
            return np.sqrt((parts**2).mean(axis=2))

    def load(model, device="cpu"):
        return Loudness()

    def check(place): ...  # no file to check

    def needed(repository):
        return []
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from musicologist.core.files import found
from musicologist.models import devices, hub

FAMILIES = {
    "clap": "musicologist.embedders.clap",
    "clap_laion": "musicologist.embedders.clap_laion",
}
"""The module of each family."""


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
        """Embeddings (clips, size), float32, of mono clips (samples,); neither batch nor order may change a clip's."""


class Family(Protocol):
    """What the module of a family has."""

    def load(self, model: str | Path, device: str = "cpu") -> Embedder:
        """The embedder in a directory or file, or of this Hugging Face id; UserError where it cannot be loaded."""

    def check(self, place: Path) -> None:
        """Raise UserError where a file is missing or truncated; loads nothing."""

    def needed(self, repository: hub.Repository) -> hub.Files:
        """The files of a hub repository that are wanted."""


def of_model(model: str | Path) -> str:
    """The name of the family that reads ``model``: a file (.pt) is a checkpoint of LAION's, a directory is transformers'.

    The same of Hugging Face ids. What is neither is left to the family, which says in its own words what is missing.
    """
    return "clap_laion" if found(model).is_file() or str(model).partition("@")[0].endswith(".pt") else "clap"


def family(name: str) -> Family:
    """The module of a family; KeyError for a name that is in no line above."""
    return cast(Family, devices.family(FAMILIES[name]))
