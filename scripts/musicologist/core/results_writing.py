"""Writing the long CSV tables of results, and values for the JSON beside them."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.core.files import write_text


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
