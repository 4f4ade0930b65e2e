"""Files of weights: whether one is whole, and reading it without running what it may carry."""

import os
import pickle
import pickletools
import struct
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from unittest import mock
from zipfile import BadZipFile, ZipFile, is_zipfile

from musicologist.core import documents
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
                    "is truncated; fetch or copy it again."
                )
        elif not _is_zip(file):
            raise UserError(f"{path} is truncated or no file that torch.save wrote: fetch or copy it again.")


def _is_zip(file: IO[bytes]) -> bool:
    """Whether a file ends like one of torch.save's, with the directory of a zip file."""
    try:
        return is_zipfile(file)
    except (BadZipFile, OSError, ValueError, struct.error):
        return False


def names(path: str | Path) -> set[str]:
    """The names in a file of weights: of its tensors and, in a checkpoint, of all else that has one. Nothing is loaded or run.

    Of a safetensors file they are read from the header, of ``torch.save``'s from the text of the pickle, which is scanned and
    not followed. The file is one that ``check`` let pass.
    """
    path = Path(path)
    with open(path, "rb") as file:
        if path.suffix == ".safetensors":
            (length,) = struct.unpack("<Q", file.read(8))
            return set(documents.from_json(file.read(length))) - {"__metadata__"}
        with ZipFile(file) as archive:
            pickled = [archive.read(name) for name in archive.namelist() if name.endswith("data.pkl")]
    return {part for text in pickled for _, part, _ in pickletools.genops(text) if isinstance(part, str)}


def shapes(path: str | Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors of a safetensors file that ``check`` let pass, by name, read from its header."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = documents.from_json(file.read(length))
    return {name: tuple(about["shape"]) for name, about in header.items() if name != "__metadata__"}


def _promised(start: bytes, file: IO[bytes]) -> int | None:
    """The length that a safetensors header describes."""
    length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= length <= 100_000_000:
        return None
    try:
        header = documents.from_json(file.read(length))
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
            state: Any = load_file(path)
        else:
            with torch.serialization.safe_globals(_numbers()):
                state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (
        SafetensorError,
        pickle.UnpicklingError,
        EOFError,
        LookupError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise UserError(f"{path} is no readable weights file ({str(error)[:120]}): fetch it again.") from None
    if isinstance(state, dict):
        state = state.get("state_dict", state)
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise UserError(f"{path} holds no named tensors: expected a checkpoint of weights.")
    require_finite(state, path)
    return state


@contextmanager
def none_drawn() -> Iterator[None]:
    """Modules that are built here draw no initial weights: for those that are loaded next, all of them, with ``assign``.

    What torch's meta device spares, too, but buffers that are computed when a module is built are there.
    """
    import torch

    def left(tensor: "torch.Tensor", *arguments: Any, **more: Any) -> "torch.Tensor":
        return tensor

    with ExitStack() as stack:
        for name in (name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")):
            stack.enter_context(mock.patch.object(torch.nn.init, name, left))
        yield


def require_finite(state: Mapping[str, "torch.Tensor"], place: str | Path) -> None:
    """Raise UserError, naming ``place``, where weights are sparse, hold no data, or hold numbers that are not finite."""
    import torch

    for name, tensor in state.items():
        if tensor.layout != torch.strided or tensor.is_meta:
            raise UserError(
                f"{place}: {name} is a sparse tensor or one without data: expected a checkpoint of weights."
            )
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise UserError(
                f"{place}: the weights {name} hold numbers that are not finite (NaN or infinite): whatever is made with them "
                "would be wrong; fetch or train the model again."
            )


def _numbers() -> list:
    """numpy's scalars, which checkpoints keep beside the weights (a loss, say), under their old name and the new one."""
    import numpy as np

    scalar = (np._core if hasattr(np, "_core") else np.core).multiarray.scalar
    kinds = {type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64)}
    return [(scalar, "numpy.core.multiarray.scalar"), (scalar, "numpy._core.multiarray.scalar"), np.dtype, *kinds]
