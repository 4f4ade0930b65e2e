"""Where a model's files lie: in a directory, or on the Hugging Face hub, from where they are fetched once."""

import errno
import re
from collections.abc import Sequence
from pathlib import Path

from musicologist.errors import UserError


def directory(model: str | Path, patterns: Sequence[str]) -> Path:
    """The directory of a model: ``model`` itself, or the hub's cache (``HF_HOME``) where ``model`` is an id like OWNER/NAME.

    Of a hub model the files that match ``patterns`` are fetched unless the cache has them; ``HF_TOKEN`` is used where set.
    Raises UserError where there is neither such a directory nor such a model within reach.
    """
    if Path(model).is_dir():
        return Path(model)
    if re.fullmatch(r"[\w.-]+/[\w.-]+", str(model)) is None:
        raise UserError(f"{model} is no directory: models names a directory or a Hugging Face id like OWNER/NAME.")

    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(str(model), allow_patterns=list(patterns)))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"{model} is no directory and could not be fetched from the Hugging Face hub ({_first_line(error)}): check the "
            "name and the network; accept the model's licence on its page and set HF_TOKEN where it has one; or fetch it on a "
            "machine that is online and name its directory."
        ) from None


def _first_line(error: OSError) -> str:
    return str(error).strip().splitlines()[0][:160].rstrip(".") if str(error).strip() else type(error).__name__
