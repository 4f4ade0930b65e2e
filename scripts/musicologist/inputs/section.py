"""What a user has already, the section ``inputs`` of the configuration: what goes together, and which prompts it gives.

Runs whenever the workflow is parsed, so it reads no large file.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.core import documents
from musicologist.core.errors import UserError
from musicologist.inputs import clips as inputs_clips
from musicologist.inputs import prompts as inputs_prompts

Inputs = Mapping[str, Any]
"""A place by kind, or None; and ``skip``, which is no place."""

_ADDRESS = ("http://", "https://")
_FOLDERS = ("audio", "embeddings", "note_embeddings")
_FILES = ("prompts", "prompt_pairs", "annotations", "clips")
_BRACES = re.compile(r"\{(?!split\})|(?<!\{split)\}")
_KIND_OF_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ABOVE = (("audio", "embeddings"), ("clips", "embeddings"), ("notes", "note_embeddings"))
_HEARD = ("clips", "audio", "embeddings")


def heard(inputs: Inputs) -> str | None:
    """Which key gives what is heard of the model, where any does: then no model makes it."""
    return next((key for key in _HEARD if inputs.get(key)), None)


def skipped(inputs: Inputs) -> list[str]:
    """Kinds of given clips that are left out."""
    skip = inputs["skip"] or []
    return [skip] if isinstance(skip, str) else skip


def is_address(place: str | None) -> bool:
    """Whether a place is to be downloaded from."""
    return place is not None and place.startswith(_ADDRESS)


def check(inputs: Inputs, source: str) -> None:
    """Raise UserError where something given does not exist, would not be used, or says nothing about what else is made.

    ``source`` names the configuration file in the sentence.
    """
    places = {key: place for key, place in inputs.items() if place and key != "skip"}
    for key, place in places.items():
        if key == "notes":
            continue
        if not Path(place).exists():
            raise UserError(f"{source}: inputs.{key} is {place}, {_not_there(place, 'a file or folder')}.")
        one = key not in _FILES and Path(place).is_dir(), key not in _FOLDERS and Path(place).is_file()
        if not any(one):
            what = "a file" if Path(place).is_file() else "a folder" if Path(place).is_dir() else "a pipe or a device"
            raise UserError(
                f"{source}: inputs.{key} is {place}, which is {what}: expected a {'folder' if key in _FOLDERS else 'file'}"
                f"{' or folder' if key not in (*_FOLDERS, *_FILES) else ''}."
            )
    for key, place in places.items():
        if _BRACES.search(place):
            raise UserError(
                f"{source}: inputs.{key} is {place}, where a brace stands for a part of a name: name it without braces."
            )
    for key, below in _ABOVE:
        if inputs.get(key) and inputs[below]:
            raise UserError(
                f"{source}: inputs.{key} would not be used, for inputs.{below} gives what is made of it: remove one of the two."
            )
    if inputs.get("clips") and (other := next((key for key in ("audio", "prompts") if inputs[key]), None)):
        raise UserError(
            f"{source}: inputs.{other} would not be used, for inputs.clips names clips and prompts: remove one of the two."
        )
    if inputs.get("skip") and not inputs.get("clips"):
        raise UserError(
            f"{source}: inputs.skip is for clips of inputs.clips, which names none; of other audio prompts.leave_out "
            "leaves out a prompt whose clips are unusable."
        )
    given = heard(inputs)
    if given and not (given == "clips" or inputs["prompts"] or inputs["annotations"]):
        raise UserError(
            f"{source}: inputs.{given} is given, but not what its prompts asked for: name inputs.annotations, or "
            "inputs.prompts to have them annotated."
        )
    if inputs["annotations"]:
        suffix = Path(inputs["annotations"]).suffix
        if suffix not in (".json", ".parquet"):
            raise UserError(
                f"{source}: inputs.annotations is {inputs['annotations']}: expected the original study's .json or a .parquet "
                "table of annotations."
            )
        if suffix == ".parquet" and not (given or inputs["prompts"]):
            raise UserError(
                f"{source}: inputs.annotations is a table without the prompts themselves, from which audio is to be made: "
                "name inputs.prompts too."
            )


def _not_there(place: str, what: str) -> str:
    """Why a place that is not there is none, and what to do, as the end of a sentence."""
    if match := _KIND_OF_ADDRESS.match(place):
        return f"an address that begins with {match[0]}, from which nothing is fetched: download it, and name {what}"
    if place.startswith("~"):
        return f"which does not exist, for nothing puts your home in the place of ~ here: write it out to name {what}"
    return f"which does not exist: name {what} that does"


def check_notes(place: str | None, splits: Sequence[str], source: str) -> None:
    """Raise UserError where several splits are asked for and notes are not given for each, or a place is not there."""
    if len(splits) > 1 and "{split}" not in (place or ""):
        found = f"inputs.notes is {place!r}" if place else "the notes are rendered from a sound font"
        raise UserError(
            f"{source}: notes.splits names {len(splits)} splits, but {found}: name one split, or a place for each with "
            "{split} in its name."
        )
    if not place or is_address(place):
        return
    for split in splits:
        named = Path(place.replace("{split}", split))
        if not named.exists():
            written = place.replace("{split}", split)
            raise UserError(f"{source}: inputs.notes is {written}, {_not_there(place, 'an archive or folder')}.")
        if not (named.is_dir() or named.is_file()):
            raise UserError(f"{source}: inputs.notes is {named}, a pipe or a device: name an archive or folder.")
        for part in ("examples.json", "audio") if named.is_dir() else ():
            if not (named / part).exists():
                raise UserError(
                    f"{source}: inputs.notes is {named}, which has no {part}: expected an unpacked nsynth-SPLIT folder."
                )


def prompts_file(inputs: Inputs) -> str | None:
    """The file that holds the given prompts: their own, or the clips', or the annotations where those repeat them."""
    annotations = inputs["annotations"]
    return (
        inputs.get("clips")
        or inputs["prompts"]
        or (annotations if annotations and annotations.endswith(".json") else None)
    )


def equal(texts: Sequence[str]) -> dict[int, int]:
    """By number each prompt that has the text of an earlier one, and the first one with that text."""
    first: dict[str, int] = {}
    found = {number: first.setdefault(text, number) for number, text in enumerate(texts)}
    return {number: one for number, one in found.items() if number != one}


def doubt(texts: Sequence[str]) -> str:
    """What is doubtful about given prompts, as a sentence; empty where nothing is."""
    twice = equal(texts)
    if not twice:
        return ""
    different = len(texts) - len(twice)
    return (
        f"Of {len(texts)} prompts only {different} are different: curves, intervals and p values count equal ones as "
        f"one prompt with more clips (prompt {next(iter(twice))} is prompt {next(iter(twice.values()))} again)."
    )


def prompts(inputs: Inputs, count: int) -> list[str]:
    """The given prompts, or none.

    Raises UserError as ``prompts.read_given``, where prompts and annotations are both given and differ, and for a text that no
    file can hold or nobody can see.
    """
    file, annotations = prompts_file(inputs), inputs["annotations"]
    texts = (
        inputs_clips.read(file).texts
        if inputs.get("clips") and file
        else inputs_prompts.read_given(file, count)
        if file
        else []
    )
    if file != annotations and annotations and annotations.endswith(".json"):
        repeated = inputs_prompts.read_given(annotations, count)
        for number, pair in enumerate(zip(texts, repeated, strict=True)):
            if pair[0] != pair[1]:
                raise UserError(
                    f"Prompt {number} is {pair[0][:60]!r} in {file}, but {pair[1][:60]!r} in {annotations}: give the "
                    "annotations of these prompts, in their order."
                )
    documents.require_text(texts, str(file))
    for number, text in enumerate(texts):
        if not text.isascii() and not any(one.isprintable() and not one.isspace() for one in text):
            raise UserError(f"{file}: prompt {number} is {ascii(text)[:60]}, of which nothing can be seen: remove it.")
    return texts
