"""Files of prompts that users give, and JSON records one after another."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from musicologist.core import documents
from musicologist.core.errors import UserError, place_of, suggest
from musicologist.prompts import batches

_BETWEEN = re.compile(r"[\s,]*")


def _next(text: str, position: int) -> int:
    """Where the next record starts: behind blanks and commas."""
    between = _BETWEEN.match(text, position)
    return between.end() if between else position


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A record of these keys; ValueError where one stands twice: the last would be taken without a word."""
    record = dict(pairs)
    if len(record) < len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise ValueError(f"the key {twice[:40]!r} stands twice in a record")
    return record


def read_json(path: str | Path, like: str) -> Iterator[tuple[str, Any]]:
    """All records of a file, each with its place in words.

    The file is a JSON list of records, or lists and records one after another, each on as many lines as it likes.

    Raises UserError for a missing, empty or unreadable file; ``like`` shows in the sentence what a record looks like.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected JSON records like {like}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text: expected JSON records like {like}.") from None
    decoder, position, number = json.JSONDecoder(object_pairs_hook=_once), 0, 0
    while (start := _next(text, position)) < len(text):
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", start)) + 1
            what = "nested too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", str(error)[:80])
            raise UserError(f"{path}, line {line}: not JSON ({what}): expected records like {like}.") from None
        for record in value if isinstance(value, list) else [value]:
            number += 1
            if documents.may_lack_half(text):
                documents.require_text(record, place_of(path, record=number, line=text.count("\n", 0, start) + 1))
            yield place_of(path, record=number), record
    if not number:
        raise UserError(f"{path} is empty: expected at least one record like {like}.")


_NUMBER = re.compile(r"^(?:\d+\.|\(?\d+\)|[-–—*•])(\s+|$)")
"""How a line of a list begins: "12. ", "12) ", "(12) ", "- ", "* "."""
_MARKS = (re.compile(r"^[(\[]?\d+[:\]]\s+"), re.compile(r"^\d+\s+[-–—]\s+"))
"""Other beginnings ("12: ", "12 - "), which may be part of a prompt: dropped where every line has them."""
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]*)[\"”“»]")
_SEPARATORS = (",", ";", "\t")
_TEXTS = ("text", "prompt")
_LIKE = '{"text": "…"}'
_COLUMNS = (*_TEXTS, "prompt_id")


def read_given(path: str | Path, count: int | None = None) -> list[str]:
    """The first ``count`` texts (or all) of a file that a user gives.

    .txt has one prompt a line; blank lines do not count. What marks a line of a list is dropped: "12. ", "12) ", "- ",
    "* ", and "12: " or "12 - " where every line has it; so is a pair of quotes around a line. .json, .jsonl, .csv (separated
    by commas, semicolons or tabs) and .parquet have a key or column ``text`` or ``prompt``, in any case, and may have
    ``prompt_id``, the running number from 0; a JSON list of texts does too.

    Raises UserError for a missing, empty or unreadable file, another suffix, a column that is missing or misspelt, a prompt
    without text, a prompt id that stands twice or out of order, and fewer than ``count`` prompts.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".txt", *_RECORDS):
        raise UserError(f"{path} cannot be read as prompts: expected a file named .txt, {', '.join(_RECORDS)}.")
    if not Path(path).is_file():
        raise UserError(f"{path} does not exist: expected a file of prompts, named .txt, {', '.join(_RECORDS)}.")
    if suffix == ".txt":
        texts = _without_marks([_without_number(place, line) for place, line in batches._lines(path)])
        documents.require_text(texts, str(path))
    else:
        texts = []
        for place, record in _RECORDS[suffix](path):
            texts.append(_given_record(place, record, len(texts)))
    if not texts:
        raise UserError(f"{path} is empty: expected at least one prompt.")
    if count is not None and len(texts) < count:
        raise UserError(
            f"{path} holds {len(texts)} prompts, but prompts.count asks for {count}: set it to all, lower it or add prompts."
        )
    return texts[:count]


def _without_number(place: str, line: str) -> str:
    text = _NUMBER.sub("", line)
    if not text:
        raise UserError(f"{place}: found the number {line!r} without a prompt: expected a prompt behind it.")
    return text


def _without_marks(texts: list[str]) -> list[str]:
    for mark in _MARKS:
        if texts and all(mark.match(text) for text in texts):
            texts = [mark.sub("", text) for text in texts]
    quoted = [_QUOTED.fullmatch(text) for text in texts]
    return [match[1].strip() if match and match[1].strip() else text for match, text in zip(quoted, texts, strict=True)]


def _json_records(path: str | Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, record in read_json(path, _LIKE):
        if isinstance(record, str):
            record = {"text": record}
        if not isinstance(record, dict):
            raise UserError(f"{place}: expected a record like {_LIKE} or a text, found {json.dumps(record)[:60]}.")
        yield place, _lowered(place, record)


def _lowered(place: str, record: dict[str, Any], columns: Sequence[str] = _COLUMNS) -> dict[str, Any]:
    """The record with the names of the columns that are looked for in lower case; UserError where one stands twice."""
    known = {name: str(name).strip().lower() for name in record}
    lowered = {known[name] if known[name] in columns else name: value for name, value in record.items()}
    if len(lowered) < len(record):
        twice = next(name for name in lowered if [*known.values()].count(str(name)) > 1)
        raise UserError(f"{place}: the column {twice} stands twice: rename one of the two.")
    return lowered


def _require_once(place: str, names: Sequence[str], columns: Sequence[str]) -> None:
    """Raise UserError where a column that is looked for stands twice among ``names``: the last would be taken silently."""
    lowered = [name.strip().lower() for name in names]
    if twice := [name for name in columns if lowered.count(name) > 1]:
        raise UserError(f"{place}: the column {twice[0]} stands twice: rename one of the two.")


def csv_records(path: str | Path, columns: Sequence[str] = _COLUMNS) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a CSV file by column, each with its place in words; the names in ``columns`` may be written in any case.

    Commas, semicolons or tabs stand between fields. Raises UserError for what is no CSV or not UTF-8.
    """
    with open(path, encoding="utf-8-sig", newline="") as stream:
        start = above = 0
        try:
            while (head := stream.readline().lower()) and not head.strip():  # lines above the table
                start, above = stream.tell(), above + 1
            named = [one for one in _SEPARATORS if {name.strip(' "\r\n') for name in head.split(one)} & set(columns)]
            stream.seek(start)
            reader = csv.DictReader(stream, strict=True, delimiter=named[0] if named else ",")
            _require_once(place_of(path, line=above + 1), reader.fieldnames or (), columns)
            for record in reader:
                place = place_of(path, line=above + reader.line_num)
                documents.require_text(list(record.values()), place)
                yield place, _lowered(place, record, columns)
        except UnicodeDecodeError:
            raise UserError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
        except csv.Error as error:
            raise UserError(f"{path}: no CSV after line {above + reader.line_num} ({error}): mend it there.") from None


def _parquet_records(path: str | Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        names = [name for name in table.column_names if name.strip().lower() in _COLUMNS]
        records = table.select(names).to_pylist()
    except (pa.ArrowException, OSError, ValueError, NotImplementedError) as error:
        said = (str(error).splitlines() or [""])[0]
        raise UserError(f"{path} is not a readable parquet file ({said}): make it again.") from None
    for row, record in enumerate(records):
        place = place_of(path, row=row)
        yield place, _lowered(place, record or dict.fromkeys(table.column_names))


_RECORDS = {".json": _json_records, ".jsonl": _json_records, ".csv": csv_records, ".parquet": _parquet_records}


def whole(number: Any) -> int | None:
    """A running number that a table may hold as 3, 3.0 or "3"."""
    try:
        return int(number) if not isinstance(number, bool) and float(number) == int(float(number)) else None
    except (TypeError, ValueError, OverflowError):
        return None


def _given_record(place: str, record: dict[str, Any], expected_id: int) -> str:
    names = [name for name in _TEXTS if name in record]
    if len(names) > 1:
        raise UserError(
            f"{place}: both the columns {' and '.join(names)} may be the prompt: rename or remove one of the two."
        )
    if not names:
        hint = suggest(str(next(iter(record), "")), _TEXTS)
        raise UserError(f"{place}: found the columns {', '.join(map(str, record)) or 'none'}, but no prompt; {hint}.")
    name, text = names[0], record[names[0]]
    if not isinstance(text, str) or not text.strip():
        raise UserError(f"{place}: {name} is {text!r}: expected a text that is not empty.")
    prompt_id = record.get("prompt_id", expected_id)
    if whole(prompt_id) != expected_id:
        seen = (whole(prompt_id) or 0) < expected_id and whole(prompt_id) is not None
        what = "stands twice" if seen else f"is not the running number {expected_id}, counted from 0"
        raise UserError(f"{place}: the prompt id {prompt_id!r} {what}: number prompts from 0, or leave prompt_id out.")
    return text.strip()
