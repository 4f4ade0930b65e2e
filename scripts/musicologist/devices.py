"""Which device a job runs on."""

from collections.abc import Iterator
from contextlib import contextmanager

from musicologist.errors import UserError


def resolve(device: str) -> str:
    """``cpu`` or ``cuda`` for ``auto``, ``cpu`` or ``cuda``; UserError where cuda is asked for and no GPU is seen.

    Switches TF32 off: with it a clip would change with the batch it is in.
    """
    import torch

    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "The configuration says device: cuda, but this job sees no GPU: start it on a GPU node (check the queue and the "
            "driver), or set device: auto."
        )
    return device


@contextmanager
def enough_memory(key: str, clips: int) -> Iterator[None]:
    """UserError that names the configuration's ``key`` where the GPU's memory does not take ``clips`` clips at once."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError:
        raise UserError(
            f"The GPU's memory is too small for {clips} clips at once: lower {key}, which changes no clip."
        ) from None
