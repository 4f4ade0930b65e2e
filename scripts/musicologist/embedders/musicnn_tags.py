"""What musicnn calls a clip: its 50 tags, read off the embeddings that a run keeps, so that nothing is heard again.

An embedding is what goes into the network's last layer, of one window, and the tags are what comes out: nothing is averaged in
between. This stands beside the embedder and not in it, so that another word for an aspect makes no embedding stale.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from musicologist.embedders import musicnn

TAGS = musicnn.TAGS

# fmt: off
TAGS_OF_ASPECTS = {
    "drum": ("drums",),
    "electronic": ("electronic",),
    "flute": ("flute",),
    "guitar": ("guitar",),
    "keyboard": ("piano", "harpsichord"),
    "string": ("strings", "violin", "cello", "harp"),
    "synth_lead": ("synth",),
    "synthetic": ("synth",),
    "vocal": (
        "vocal", "vocals", "voice", "singing", "choir", "choral", "opera", "female", "male", "woman", "man",
        "female vocal", "male vocal", "female voice", "male voice",
    ),
}
# fmt: on
"""The tags that name an aspect, or one of its words in vocabulary/aspects.toml. One that is itself a tag needs no entry."""


def tagger(model: str | Path = "musicnn") -> Callable[[np.ndarray], np.ndarray]:
    """A function that gives probabilities of TAGS (clips, 50), float32, of embeddings (clips, 200).

    Embeddings are those of the network, neither centred nor scaled; ``model`` is as ``musicnn.load`` takes it. Raises UserError
    where its weights are not there.
    """
    tensors = musicnn.read_checkpoint(musicnn._place(model))
    kernel, bias = (tensors[f"dense_1/{part}"].astype(np.float64) for part in ("kernel", "bias"))

    def tags(embeddings: np.ndarray) -> np.ndarray:
        from scipy.special import expit

        return np.asarray(expit(embeddings @ kernel + bias), np.float32)

    return tags
