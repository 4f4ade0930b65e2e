"""Whether embeddings say anything about the audio that they are of: looked at where they are made."""

from typing import Any

import numpy as np

from musicologist.core.errors import UserError


def embedder(model: Any, family: str) -> Any:
    """A loaded embedder as it is; UserError where a user's own lacks a size, a window or a sample rate."""
    for name in ("size", "window", "sample_rate"):
        if not (isinstance(number := getattr(model, name, None), int) and number > 0):
            raise UserError(f"{family}: what load returns has {name} {number!r}: expected a whole number above 0.")
    return model


def one_each(array: np.ndarray, clips: int, place: str) -> np.ndarray:
    """Embeddings as they are; UserError where they are not those of so many clips."""
    if len(array) != clips:
        raise UserError(f"{place}: the embedder gave {len(array)} embeddings for {clips} clips: expected one for each.")
    return array


def require(array: np.ndarray, place: str, heard: int, size: int) -> np.ndarray:
    """Embeddings (n, size) as they are; UserError, naming ``place``, where they say nothing about the audio.

    That is where they have another width, where a row is not finite or zero, or where ``heard`` clips, two or more, are not
    silent and yet all rows are the same.
    """
    if array.ndim != 2 or array.shape[1] != size:
        raise UserError(f"{place}: the embedding has {array.shape[-1]} numbers: expected {size}, as its embedder says.")
    bad = np.flatnonzero(~np.isfinite(array).all(axis=1) | ~array.any(axis=1))
    if len(bad):
        raise UserError(
            f"{place}: the embeddings of {len(bad)} of {len(array)} clips, first of clip {bad[0]}, are not finite or zero: the "
            "embedder's weights are broken or its precision is too low; fetch the model again."
        )
    if heard > 1 and (array == array[0]).all():
        raise UserError(
            f"{place}: {heard} clips have one and the same embedding: the embedder is broken; fetch the model again."
        )
    return array
