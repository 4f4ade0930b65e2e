"""Files of weights: whether one is whole, and reading it without running what it may carry."""

import json
import os
import pickle
import struct
from pathlib import Path
from typing import IO, TYPE_CHECKING
from zipfile import is_zipfile

from musicologist.core.errors import UserError

if TYPE_CHECKING:
    import torch


def check(path: str | Path) -> None:
    """Raise UserError where a file of weights is truncated or none; reads its ends only, however large it is."""
    path = Path(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if path.suffix == ".safetensors":
            promised = _promised(file.read(8), file)
            if promised is None:
                raise UserError(f"{path} is no readable weights file (it has no safetensors header): fetch it again.")
            if promised != size:
                raise UserError(
                    f"{path} is no readable weights file (it is {size} bytes long, and its header describes {promised}): it "
                    "is truncated; delete it and fetch it again."
                )
        elif not is_zipfile(file):  # the directory of torch.save's zip file is at its end
            raise UserError(f"{path} is truncated or no file that torch.save wrote: delete it and fetch it again.")


def _promised(start: bytes, file: IO[bytes]) -> int | None:
    """The length that a safetensors header describes."""
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= length <= 100_000_000:
        return None
    try:
        header = json.loads(file.read(length))
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    return 8 + length + max(ends, default=0)


def load(path: str | Path) -> dict[str, "torch.Tensor"]:
    """The tensors of a safetensors file, or of a checkpoint that ``torch.save`` wrote, by name.

    Of a checkpoint only tensors, containers and numbers are read, never other pickled objects. Raises UserError where the file
    is truncated or holds anything else.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    check(path)
    path = Path(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with torch.serialization.safe_globals(_numbers()):
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (SafetensorError, pickle.UnpicklingError, EOFError, KeyError, RuntimeError) as error:
        raise UserError(f"{path} is no readable weights file ({str(error)[:120]}): fetch it again.") from None
    if isinstance(state, dict):
        state = state.get("state_dict", state)
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise UserError(f"{path} holds no named tensors: expected a checkpoint of weights.")
    return state


def _numbers() -> list:
    """numpy's scalars, which checkpoints keep beside the weights (a loss, say), under their old name and the new one."""
    import numpy as np

    scalar = (np._core if hasattr(np, "_core") else np.core).multiarray.scalar
    kinds = {type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64)}
    return [(scalar, "numpy.core.multiarray.scalar"), (scalar, "numpy._core.multiarray.scalar"), np.dtype, *kinds]
