"""What a run was planned with, kept in its folder: jobs read these copies, so that an edit meanwhile changes nothing under way.

``results/RUN/planned/`` holds the configuration with its defaults, and the files of concepts and of the original's terms.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.concepts import definitions
from musicologist.core import documents, downloads
from musicologist.core.checkout import found
from musicologist.core.errors import UserError
from musicologist.core.files import write_text
from musicologist.inputs import section

CONFIG = "config.json"
CONCEPTS = "config/concepts.yaml"
ORIGINAL_LABELS = "config/original_labels.yaml"
_OWN = ("inputs.json", "preflight.json")  # what a start writes before anything is made


def folder(results: str | Path) -> Path:
    """Where the copies of a run lie, below its folder."""
    return Path(results) / "planned"


def is_copy(file: str | Path) -> bool:
    """Whether a configuration file is a run's copy of its own."""
    return Path(file).name == CONFIG and Path(file).parent.name == folder("").name


def told(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as records hold it: an address of notes without its credentials."""
    notes = config["inputs"]["notes"]
    shown = downloads.shown(notes) if section.is_address(notes) else notes
    return {**config, "inputs": {**config["inputs"], "notes": shown}}


def copies(run: str) -> list[Path]:
    """Where the copies of the concepts and of the original's terms lie for a run of this name."""
    return [folder(f"results/{run}") / Path(name).name for name in (CONCEPTS, ORIGINAL_LABELS)]


def concept_files(config: Mapping[str, Any]) -> list[Path]:
    """The files of concepts that a configuration names."""
    named = config["concepts_file"]
    return [found(name) for name in ([named] if isinstance(named, str) else named)]


def the_one(files: Sequence[Path]) -> Path:
    """The only one of these files of concepts, for jobs that read no copy; UserError where there are more."""
    if len(files) > 1:
        raise UserError(
            f"concepts_file names {len(files)} files, and a module keeps no copy that holds them all: put them into one file."
        )
    return files[0]


def texts(config: Mapping[str, Any]) -> dict[str, str]:
    """What the copies hold, by their names; several files of concepts become one."""
    import yaml

    files, labels = concept_files(config), found(ORIGINAL_LABELS)
    one = len(files) == 1
    concepts = (
        files[0].read_text(encoding="utf-8")
        if one
        else yaml.safe_dump(definitions.read(files), allow_unicode=True, sort_keys=False)
    )
    return {Path(CONCEPTS).name: concepts, labels.name: labels.read_text(encoding="utf-8")}


def keep(results: str | Path, config: Mapping[str, Any], files: Mapping[str, str]) -> Path:
    """Write the configuration and the texts of ``files`` by name, each atomically; the path of the configuration's copy."""
    for name, text in {CONFIG: json.dumps(config, indent=1) + "\n", **files}.items():
        target = folder(results) / name
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            write_text(target, text)
    return folder(results) / CONFIG


def check_places(run: str) -> None:
    """Raise UserError where something else lies where a run's folders of products and logs belong."""
    for place in (Path(kind, *below) for kind in ("results", "logs") for below in ((), (run,))):
        if os.path.lexists(place) and not place.is_dir():
            what = "a link that leads nowhere" if place.is_symlink() and not place.exists() else "no folder"
            raise UserError(f"{place} is {what}: a folder was expected there; move it away, or mend the link.")


def check_recorded(path: str | Path, inputs: Mapping[str, Any], run: str) -> None:
    """Raise UserError where the inputs recorded at ``path`` by an earlier start of this run are not ``inputs``.

    A start that made nothing binds nobody: its record is not looked at. Raises UserError too where the record is damaged.
    """
    path = Path(path)
    if not path.exists() or not made(path.parent):
        return
    try:
        recorded = documents.from_json(path.read_text(encoding="utf-8"))
        if not isinstance(recorded, dict):
            raise ValueError("no JSON object")
    except ValueError as error:
        raise UserError(
            f"{path}, which records what the run was made of, is damaged ({error}): restore it from a copy; or, if you are "
            "sure that the inputs are still the same, delete this one file, and the next start writes it anew."
        ) from None
    for key in sorted(set(recorded) | set(inputs)):
        if recorded.get(key) != inputs.get(key):
            raise UserError(
                f"The run {run!r} was made with {key} = {recorded.get(key)!r} (recorded in {path}), but now "
                f"{key} = {inputs.get(key)!r} is configured: give the key `run` another name; no result is lost."
            )


def made(results: str | Path) -> bool:
    """Whether anything lies in a run's folder but what a start writes by itself."""
    planned = folder(results)
    return any(
        place.is_file() and planned not in place.parents and place.name not in _OWN and not place.name.endswith(".tmp")
        for place in Path(results).rglob("*")
    )


def record(path: str | Path, inputs: Mapping[str, Any]) -> None:
    """Write down at ``path`` which inputs a run is made of, for ``check_recorded``."""
    write_text(path, json.dumps(inputs, indent=2) + "\n")
