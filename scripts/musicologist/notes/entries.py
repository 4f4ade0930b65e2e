"""What NSynth's examples.json says of a note, as a row of the notes table."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from musicologist.core import documents
from musicologist.core.errors import UserError
from musicologist.vocabulary.terms import FAMILIES, QUALITIES, SOURCES

_LONGEST_NAME = 90  # characters: with a suffix a tar file's plain header holds no more


def row(place: str | Path, key: str, entry: Any, split: str) -> dict[str, Any]:
    """The row of the notes table for an entry of examples.json.

    Raises UserError, naming ``place`` and the note, for an entry that is not as NSynth's.
    """
    try:
        made = columns(key, entry, split)
        if not all(present in (0, 1) for present in entry["qualities"]):
            raise ValueError(f"qualities are {str(entry['qualities'])[:40]}, expected ten of 0 and 1")
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{place}: the entry of {key} in examples.json is not as NSynth's ({type(error).__name__}: {error}): expected "
            f"instrument_str, instrument_family_str, instrument_source_str, pitch, velocity and {len(QUALITIES)} qualities; "
            "mend the entry."
        ) from None
    if documents.may_lack_half(json.dumps([key, entry])):
        documents.require_text([key, entry], f"{place}: the entry of {ascii(key)[:80]} in examples.json")
    if len(key) > _LONGEST_NAME or "/" in key:
        raise UserError(
            f"{place}: a note is named {key[:40]!r} …, {len(key)} characters: expected at most {_LONGEST_NAME}, and no slash."
        )
    for field, known in (("family", FAMILIES), ("source", SOURCES)):
        if made[field] not in known:
            raise UserError(
                f"{place}: the note {key} has the {field} {made[field]!r} in examples.json: expected one of "
                f"{', '.join(known)}."
            )
    if instrument_of(key) != made["instrument"]:
        raise UserError(
            f"{place}: the note {key} has the instrument {made['instrument']!r} in examples.json: expected a note named "
            "INSTRUMENT-PITCH-VELOCITY."
        )
    return made


def columns(key: str, entry: Mapping[str, Any], split: str) -> dict[str, Any]:
    """The same of an entry that was found to be as NSynth's; KeyError, TypeError or ValueError for another."""
    return {
        "note_id": key,
        "instrument": entry["instrument_str"],
        "family": entry["instrument_family_str"],
        "source": entry["instrument_source_str"],
        "qualities": [name for name, present in zip(QUALITIES, entry["qualities"], strict=True) if present],
        "pitch": _midi("pitch", entry["pitch"]),
        "velocity": _midi("velocity", entry["velocity"]),
        "split": split,
    }


def _midi(what: str, value: Any) -> int:
    """A pitch or velocity; ValueError for what MIDI does not have."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 127 or value != int(value):
        raise ValueError(f"{what} is {str(value)[:40]}, expected a whole number from 0 to 127")
    return int(value)


def instrument_of(key: str) -> str:
    """The instrument of a note's name, INSTRUMENT-PITCH-VELOCITY."""
    return key.rsplit("-", 2)[0]
