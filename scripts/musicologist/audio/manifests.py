"""A shard's manifest: which tar files hold its clips, at which levels, and what made them."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from musicologist.core.errors import UserError
from musicologist.core.files import write_text


def write_manifest(path: Path, levels: Iterable[Mapping[str, Any]], clips: int, made_by: Mapping[str, Any]) -> None:
    """Write the number of clips, what made them, and the levels: signal, step, sigma, log_snr_db, and the tar file."""
    entries = [{**level, "tar": os.path.relpath(level["tar"], path.parent)} for level in levels]
    manifest = {"shard": path.stem, "clips": clips, **made_by, "levels": entries}
    write_text(path, json.dumps(manifest, indent=1) + "\n")


def read_manifest(path: Path) -> list[dict[str, Any]]:
    """The levels that ``write_manifest`` wrote; UserError where the file is missing or no such manifest."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["levels"]
        return [{**level, "tar": path.parent / level["tar"]} for level in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no readable manifest of a shard ({error}): delete it and run again.") from None
