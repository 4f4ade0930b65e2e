"""Where files lie: in the working directory, or in the checkout that this library is part of; and what digest they have."""

import hashlib
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]


def found(path: str | Path) -> Path:
    """Where a file or folder lies: in the working directory, else in this checkout; ``path`` itself where in neither."""
    beside = CHECKOUT / path
    return beside if not Path(path).exists() and beside.exists() else Path(path)


def sha256(path: str | Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits, read in blocks."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
