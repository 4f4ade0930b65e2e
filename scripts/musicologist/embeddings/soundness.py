"""Whether embeddings say anything about the audio that they are of: looked at where they are made."""

import numpy as np

from musicologist.core.errors import UserError


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
