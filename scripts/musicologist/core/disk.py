"""What lies on a disk: digests of files, and the space that is free."""

import hashlib
import shutil
from pathlib import Path

from musicologist.core.errors import UserError


def sha256(path: str | Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits, read in blocks."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def require_space(folder: str | Path, needed: int, what: str, remedy: str) -> None:
    """Raise UserError where fewer than ``needed`` bytes are free on the disk of ``folder`` (or of its nearest parent)."""
    place = next(path for path in (Path(folder).absolute(), *Path(folder).absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise UserError(
            f"{what} needs {needed / 1e9:.2f} GB on the disk of {folder}, where {free / 1e9:.2f} GB are free: {remedy}."
        )
