"""Reading the long CSV tables of results."""

import csv
from pathlib import Path
from typing import Any

from musicologist.errors import UserError

_TEXT = ("concept", "classifier", "signal")
_WHOLE = ("step", "n_pos_prompts", "n_neg_prompts", "n_pos", "n_neg")


def read(path: str | Path) -> list[dict[str, Any]]:
    """The rows of emergence.csv or atlas.csv, numbers as numbers; UserError where the file is missing or no such table."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return [{name: _value(name, text) for name, text in row.items()} for row in rows]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a table of results.") from None
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is no table of results ({error}): delete it and run again.") from None


def _value(name: str, text: str) -> Any:
    if name in _TEXT:
        return text
    return int(text) if name in _WHOLE else float(text)
