"""Small files that a user gives and may edit: a run is planned with what stands in them, and nothing else may get into it.

A start writes down their digests beside its copies of those that are read whenever the workflow is parsed. Jobs elsewhere parse
the copies; a job that reads a file itself is refused where that is not as it was planned any more.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from musicologist.core import documents
from musicologist.core.checkout import sha256
from musicologist.core.errors import UserError
from musicologist.core.files import atomic_path, write_text

RECORD = "given.json"
_PARSED = ("prompts", "prompt_pairs", "annotations", "clips")
_READ = (*_PARSED, "listeners")


def digests(inputs: Mapping[str, Any], others: Iterable[str | Path] = ()) -> dict[str, str]:
    """The digests of the files that the section ``inputs`` names and of ``others``, each under its path."""
    places = [*(inputs[key] for key in _READ if inputs.get(key)), *others]
    return {os.path.normpath(place): _digest(place) for place in places}


def _digest(place: str | Path) -> str:
    """Of a file, or of the CSV files in a folder; empty where nothing is there."""
    place = Path(place)
    if not place.is_dir():
        return sha256(place) if place.is_file() else ""
    lines = [f"{file.name} {_digest(file)}" for file in sorted(place.glob("*.csv"))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def keep(folder: str | Path, inputs: Mapping[str, Any], planned: Mapping[str, str]) -> None:
    """Write into ``folder`` what ``digests`` gave, and copies of what is parsed; UserError where a file is another by now."""
    folder = Path(folder)
    if not planned and not (folder / RECORD).exists():
        return
    for key, copy in _copies(folder, inputs).items():
        with atomic_path(copy) as temporary:
            temporary.write_bytes(Path(inputs[key]).read_bytes())
            _require(inputs[key], planned[os.path.normpath(inputs[key])], _digest(temporary))
    write_text(folder / RECORD, json.dumps(dict(planned), indent=1) + "\n")


def parsed(folder: str | Path, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The section ``inputs`` as a job elsewhere parses it: with the copies in ``folder`` where there are."""
    there = {key: str(copy) for key, copy in _copies(Path(folder), inputs).items() if copy.is_file()}
    return {**inputs, **there}


def _copies(folder: Path, inputs: Mapping[str, Any]) -> dict[str, Path]:
    return {key: folder / f"{key}{Path(inputs[key]).suffix}" for key in _PARSED if inputs.get(key)}


def require_planned(record: str | Path, words: Iterable[str]) -> None:
    """Raise UserError where a file among the ``words`` of a command is not as the start wrote it down in ``record``."""
    try:
        planned = documents.from_json(Path(record).read_text(encoding="utf-8"))
        if not isinstance(planned, dict):
            raise ValueError("no JSON object")
    except ValueError as error:
        raise UserError(f"{record} is damaged ({error}): run again, which writes it anew.") from None
    for word in words:
        if (place := os.path.normpath(word)) in planned:
            _require(word, planned[place], _digest(word))


def _require(place: str | os.PathLike[str], planned: str, found: str) -> None:
    if planned != found:
        now = f"is {found[:8]} now" if found else "is gone now"
        raise UserError(
            f"{place} was edited while this job waited: the run was planned with {planned[:8] or 'none'} (SHA-256), and it "
            f"{now}: run again, which plans anew with what stands there; finished products are untouched."
        )
