"""Concept datasets with embeddings that a user has, as the original study wrote them, a folder a concept.

``is_brass/laion-clap_embeddings.pt``, a tensor (notes, 512), positives first, and ``is_brass/audio_info.csv``, a row a note
in the same order.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from musicologist.core.errors import UserError, suggest

INFO = "audio_info.csv"
_EMBEDDINGS = ("laion-clap_embeddings.pt", "laion-clap_embeddings.npy")
_HEAD = 1 << 16  # characters
_COLUMNS = ("note_str", "instrument_str", "binary_class")
_LABELS = {"1": 1, "1.0": 1, "True": 1, "0": 0, "0.0": 0, "False": 0}


class Note(NamedTuple):
    """A row of audio_info.csv: NSynth's names of note and instrument, and 1 where the note has the concept, else 0."""

    note_id: str
    instrument: str
    label: int


def files_of(folder: str | Path, concept: str) -> tuple[Path, Path]:
    """The files with a concept's embeddings and with its notes; UserError where they are missing."""
    names = (concept, concept.removeprefix("is_"))
    places = [Path(folder) / name for name in names if (Path(folder) / name).is_dir()]
    if not places:
        raise UserError(
            f"{folder} has no folder {names[0]} (or {names[1]}): give that concept's embeddings, or list the concepts that it "
            "has under the key `concepts`."
        )
    found = [places[0] / name for name in _EMBEDDINGS if (places[0] / name).is_file()]
    if not found or not (places[0] / INFO).is_file():
        lacking = INFO if found else " or ".join(_EMBEDDINGS)
        raise UserError(f"{places[0]} has no {lacking}: expected the embeddings of a concept's notes and {INFO}.")
    with _text(places[0] / INFO) as stream:
        stream.read(_HEAD)  # what is no UTF-8 shows early, before anything runs
    return found[0], places[0] / INFO


@contextmanager
def _text(path: str | Path) -> Iterator[TextIO]:
    """An open CSV file; UserError for what is no text in UTF-8 or no CSV."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            yield stream
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except csv.Error as error:
        raise UserError(f"{path} is no CSV ({error}): mend it, or save it again.") from None


def read_info(path: str | Path) -> list[Note]:
    """The notes of an audio_info.csv, in its order; columns beside note_str, instrument_str and binary_class are not read.
    Commas, semicolons or tabs stand between fields.

    Raises UserError where a column is missing, misspelt or stands twice, a label is neither 1 nor 0, a note stands twice, or a
    positive follows a negative.
    """
    notes: dict[str, Note] = {}
    last = 1
    with _text(path) as stream:
        head = stream.readline()
        stream.seek(0)
        separators = [one for one in ",;\t" if _COLUMNS[0] in (name.strip(' "\r\n') for name in head.split(one))]
        reader = csv.DictReader(stream, delimiter=separators[0] if separators else ",")
        for name in _COLUMNS:
            if list(reader.fieldnames or ()).count(name) > 1:
                raise UserError(f"{path}: the column {name} stands twice: rename one of the two.")
            if name not in (reader.fieldnames or ()):
                others = [other for other in reader.fieldnames or () if other]
                raise UserError(
                    f"{path} has no column {name}; {suggest(name, others)}: name the columns as NSynth does."
                )
        for row in reader:
            place = f"{path}, line {reader.line_num}"
            note = Note(row["note_str"], row["instrument_str"], _LABELS.get(row["binary_class"] or "", -1))
            if note.label < 0:
                raise UserError(f"{place}: binary_class is {row['binary_class']!r}: expected 1 or 0.")
            if not note.note_id or not note.instrument:
                raise UserError(f"{place}: note_str or instrument_str is empty: expected NSynth's names.")
            if note.note_id in notes:
                raise UserError(f"{place}: the note {note.note_id} stands twice: expected each once.")
            if note.label > last:
                raise UserError(
                    f"{place}: a positive follows a negative: expected positives first, as in the embeddings; keep the "
                    "order in which both were written."
                )
            last = note.label
            notes[note.note_id] = note
    if not notes:
        raise UserError(f"{path} holds no notes: expected a row a note.")
    return list(notes.values())
