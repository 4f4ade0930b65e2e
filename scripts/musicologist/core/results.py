"""The long CSV tables of results, and JSON beside them."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.core.errors import UserError
from musicologist.core.files import write_text

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
    """The rows of a table that ``write`` wrote, numbers as numbers; UserError where the file is missing or no such table."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return [{name: _value(name, text) for name, text in row.items()} for row in rows]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a table of results.") from None
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is no table of results ({error}): delete it and run again.") from None


def write(path: str | Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> None:
    """Write rows that all have the same columns, numbers with six significant digits.

    Name the ``columns`` where there may be no row.
    """
    write_text(path, as_csv(rows, columns))


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """The text that ``write`` writes."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{v:.6g}" if isinstance(v, float) else v for name, v in row.items()} for row in rows)
    return buffer.getvalue()


def without_nan(value: Any) -> Any:
    """The same nested value for JSON: numbers with six significant digits, what is not finite as None."""
    if isinstance(value, Mapping):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _value(name: str, text: str) -> Any:
    if name in TEXT:
        return text
    return int(text) if name in WHOLE else float(text)
