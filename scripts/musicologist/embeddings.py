"""Collecting embedding tables by row group; memory holds one row group."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from musicologist import tables
from musicologist.errors import UserError

_PROVENANCE = ("model", "digest", "window_s", "sample_rate")


def collect_level(parts: Sequence[str | Path], signal: str, step: int, output: str | Path) -> int:
    """Write the rows of one (signal, step) out of all ``parts`` to ``output``; returns their number.

    Raises UserError where a part lacks the level, a clip stands in two parts, or parts come from different models.
    """
    seen: set[tuple[int, int]] = set()
    with tables.writer(output, "audio_embeddings", _common_metadata(parts)) as append:
        for part in parts:
            found = 0
            for group in _row_groups(part, signal, step):
                clips = list(zip(group["prompt_id"].to_pylist(), group["sample"].to_pylist(), strict=True))
                twice = seen.intersection(clips)
                if twice or len(set(clips)) < len(clips):
                    raise UserError(
                        f"{part}: the clip {min(twice or clips)} stands twice among the embeddings: delete the part."
                    )
                seen.update(clips)
                append(group)
                found += len(clips)
            if not found:
                raise UserError(f"{part} has no embeddings of {signal} at step {step}: delete it and run again.")
    return len(seen)


def _row_groups(part: str | Path, signal: str, step: int) -> Iterator[pa.Table]:
    """The rows of a level, row group by row group; groups of other levels are skipped by their statistics."""
    try:
        file = pq.ParquetFile(part)
    except pa.ArrowInvalid as error:
        raise UserError(f"{part} is not a readable parquet file ({error}): delete it and run again.") from None
    with file:
        column = file.schema_arrow.names.index("step")
        for number in range(file.num_row_groups):
            statistics = file.metadata.row_group(number).column(column).statistics
            if statistics and not statistics.min <= step <= statistics.max:
                continue
            group = file.read_row_group(number)
            group = group.filter(pc.and_(pc.equal(group["step"], step), pc.equal(group["signal"], signal)))
            if group.num_rows:
                yield group


def collect_notes(parts: Sequence[str | Path], output: str | Path) -> int:
    """Write the note embeddings of all ``parts`` to ``output``; returns their number.

    Raises UserError where a note stands twice or parts come from different models.
    """
    seen: set[str] = set()
    with tables.writer(output, "note_embeddings", _common_metadata(parts)) as append:
        for part in parts:
            table = tables.read(part, "note_embeddings")
            names = table["note_id"].to_pylist()
            twice = seen.intersection(names)
            if twice or len(set(names)) < len(names):
                raise UserError(
                    f"{part}: the note {min(twice or names)} stands twice among the embeddings: delete the part."
                )
            seen.update(names)
            append(table)
    return len(seen)


def _common_metadata(parts: Sequence[str | Path]) -> dict[str, str]:
    first = tables.metadata(parts[0])
    for part in parts[1:]:
        other = tables.metadata(part)
        if other.get("digest") != first.get("digest"):
            raise UserError(
                f"{part} was embedded by {other.get('model')} ({other.get('digest')}) and {parts[0]} by {first.get('model')} "
                f"({first.get('digest')}): delete the older of the two and run again."
            )
    return {name: first[name] for name in _PROVENANCE if name in first}
