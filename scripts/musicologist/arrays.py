"""Embeddings that a user has, as tensors of torch (.pt) or arrays of NumPy (.npy). Nothing pickled is ever run."""

from pathlib import Path
from pickle import UnpicklingError

import numpy as np

from musicologist.errors import UserError
from musicologist.tables import EMBEDDING_SIZE

SUFFIXES = (".pt", ".npy")
_TOLERANCE = 1e-3


def load(path: str | Path) -> np.ndarray:
    """A file's array, float32.

    Raises UserError where the file is missing, broken, or holds anything but one array of numbers.
    """
    path = Path(path)
    try:
        array = _tensor(path) if path.suffix == ".pt" else np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected an array of embeddings.") from None
    except (UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        detail = " ".join(str(error).split())[:100]
        raise UserError(
            f"{path} cannot be read as a plain {'tensor' if path.suffix == '.pt' else 'array'} ({detail}): save the "
            "embeddings as one tensor or array; other objects are not loaded, for they could run code."
        ) from None
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        found = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else f"a {type(array).__name__}"
        raise UserError(f"{path} holds {found}: expected one array of floating-point numbers.")
    return array.astype(np.float32)


def _tensor(path: Path) -> object:
    import torch

    found = torch.load(path, map_location="cpu", weights_only=True)
    return found.detach().float().numpy() if isinstance(found, torch.Tensor) and found.is_floating_point() else found


def unit(embedding: np.ndarray, place: str) -> tuple[np.ndarray, bool]:
    """Embeddings (rows, 512) of unit norm, and whether they had to be normalised for it; within 1e-3 they are left alone.

    Raises UserError, naming ``place``, for other widths, and for a row that is not finite or zero.
    """
    if embedding.ndim != 2 or embedding.shape[1] != EMBEDDING_SIZE:
        raise UserError(f"{place} has the shape {list(embedding.shape)}: expected rows of {EMBEDDING_SIZE} numbers.")
    norms = np.linalg.norm(embedding.astype(np.float64), axis=1)
    bad = np.flatnonzero(~np.isfinite(norms) | (norms == 0))
    if len(bad):
        what = "only zeros" if norms[bad[0]] == 0 else "numbers that are not finite (NaN or infinite)"
        raise UserError(f"{place}: row {bad[0]} has {what} ({len(bad)} such rows): embed that audio again.")
    if np.abs(norms - 1).max(initial=0) <= _TOLERANCE:
        return embedding, False
    return (embedding / norms[:, None]).astype(np.float32), True
