"""Which device a job runs on."""

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
