"""Reading the long CSV tables of results."""

import csv
from pathlib import Path
from typing import Any

from musicologist.core.errors import UserError

TEXT = (
    *("concept", "classifier", "signal", "answer", "warning", "aspect", "statistic"),
    *("first", "second", "group", "first_answer", "second_answer"),
)
WHOLE = (
    *("step", "n_pos_prompts", "n_neg_prompts", "n_pos", "n_neg", "beats_random", "monotone", "half_excess_censored"),
    *("passes", "n_prompts", "n_majority", "n_any", "n_all", "concepts", "pairs"),
    *("both", "first_only", "second_only", "changed", "first_censored", "second_censored"),
)


def read(path: str | Path) -> list[dict[str, Any]]:
    """The rows of a table by ``results_writing``, numbers as numbers; UserError where it is missing or no such table."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return [{name: _value(name, text) for name, text in row.items()} for row in rows]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a table of results.") from None
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is no table of results ({error}): delete it and run again.") from None


def _value(name: str, text: str) -> Any:
    if name in TEXT:
        return text
    return int(text) if name in WHOLE else float(text)
