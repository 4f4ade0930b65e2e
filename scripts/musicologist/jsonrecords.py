"""JSON records that people give: a list of them, one a line, or lists one after another."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from musicologist.errors import UserError

_BETWEEN = re.compile(r"[\s,]*")


def read(path: str | Path, like: str) -> Iterator[tuple[str, Any]]:
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
    decoder, position, number = json.JSONDecoder(), 0, 0
    while (position := _BETWEEN.match(text, position).end()) < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise UserError(
                f"{path}, line {error.lineno}: not JSON ({error.msg}): expected records like {like}."
            ) from None
        for record in value if isinstance(value, list) else [value]:
            number += 1
            yield f"{path}, record {number}", record
    if not number:
        raise UserError(f"{path} is empty: expected at least one record like {like}.")
