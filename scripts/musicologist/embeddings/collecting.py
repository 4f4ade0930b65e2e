"""Collecting embedding tables by row group; memory holds one row group."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.embeddings.scaling import Scaling
from musicologist.embeddings.tables import AUDIO_EMBEDDINGS, NOTE_EMBEDDINGS

_PROVENANCE = ("embedder", "licence", "size", "model", "digest", "window_s", "sample_rate")
MEANINGS = {
    "denoised": "the x0 estimate that the sampler follows: the guided one where the model is guided",
    "unguided": "the x0 estimate with the prompt alone, from the same pass",
    "noisy": "the state x over sqrt(1 + sigma^2)",
    "renoised": "the finished latent under fresh noise of the level, over sqrt(1 + sigma^2)",
    "deformed": "the finished audio under white noise of the level's signal-to-noise ratio",
}
"""What each signal is, for the metadata of its tables."""


def collect_level(
    parts: Sequence[str | Path], signal: str, step: int, output: str | Path, scaling: Scaling | None = None
) -> int:
    """Write the rows of one (signal, step) out of all ``parts`` to ``output``, sorted by prompt and sample.

    A part holds whole prompts; each becomes a row group, scaled where ``scaling`` is given. The metadata say what the signal
    is. Returns the number of rows.
    Raises UserError where a part is missing, unreadable or lacks the level, a clip stands twice, or parts come from different
    models.
    """
    seen: set[tuple[int, int]] = set()
    metadata = _common_metadata(parts) | ({"signal": MEANINGS[signal]} if signal in MEANINGS else {})
    with parquet.writer(output, AUDIO_EMBEDDINGS, metadata) as append:
        for part in sorted(parts, key=_first_prompt):
            level = _level(part, signal, step)
            clips = list(zip(level["prompt_id"].to_pylist(), level["sample"].to_pylist(), strict=True))
            if not clips:
                raise UserError(f"{part} has no embeddings of {signal} at step {step}: delete it and run again.")
            _add(part, "clip", clips, seen)
            append(scaling(level) if scaling else level)
    return len(seen)


def _level(part: str | Path, signal: str, step: int) -> pa.Table:
    """The rows of a level, sorted; row groups of other steps are skipped by their statistics."""
    with _open(part) as file:
        column = file.schema_arrow.get_field_index("step")
        groups = [file.schema_arrow.empty_table()]
        for number in range(file.num_row_groups):
            statistics = file.metadata.row_group(number).column(column).statistics
            if statistics and statistics.min <= step <= statistics.max:
                group = file.read_row_group(number)
                groups.append(group.filter(pc.and_(pc.equal(group["step"], step), pc.equal(group["signal"], signal))))
    return pa.concat_tables(groups).sort_by([("prompt_id", "ascending"), ("sample", "ascending")])


def _first_prompt(part: str | Path) -> int:
    with _open(part) as file:
        column = file.schema_arrow.get_field_index("prompt_id")
        return min(file.metadata.row_group(group).column(column).statistics.min for group in range(file.num_row_groups))


def _open(part: str | Path) -> pq.ParquetFile:
    with _readable(part):
        file = pq.ParquetFile(part, memory_map=True)
    if not set(AUDIO_EMBEDDINGS.names) <= set(file.schema_arrow.names) or not file.num_row_groups:
        file.close()
        raise UserError(f"{part} is no table of audio embeddings, or is empty: delete it and run again.")
    return file


@contextmanager
def _readable(part: str | Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{part} does not exist: expected the embeddings of a shard.") from None
    except pa.ArrowInvalid as error:
        detail = str(error).splitlines()[0]
        raise UserError(f"{part} is not a readable parquet file ({detail}): delete it and run again.") from None


def _add(part: str | Path, what: str, names: Sequence[Any], seen: set[Any]) -> None:
    """Add ``names`` to ``seen``; UserError where one stands in both or twice."""
    for name in names:
        if name in seen:
            raise UserError(
                f"{part}: the {what} {name} stands twice among the embeddings: delete this file and run again."
            )
        seen.add(name)


def collect_notes(parts: Sequence[str | Path], output: str | Path, scaling: Scaling | None = None) -> int:
    """Write the note embeddings of all ``parts`` to ``output``, scaled where ``scaling`` is given; returns their number.

    Raises UserError where a note stands twice or parts come from different models.
    """
    seen: set[str] = set()
    with parquet.writer(output, NOTE_EMBEDDINGS, _common_metadata(parts)) as append:
        for part in parts:
            table = parquet.read(part, NOTE_EMBEDDINGS)
            _add(part, "note", table["note_id"].to_pylist(), seen)
            append(scaling(table) if scaling else table)
    return len(seen)


def _common_metadata(parts: Sequence[str | Path]) -> dict[str, str]:
    found = []
    for part in parts:
        with _readable(part):
            found.append(parquet.metadata(part))
        if found[-1].get("digest") != found[0].get("digest"):
            raise UserError(
                f"{part} was embedded by {found[-1].get('model')} ({found[-1].get('digest')}) and {parts[0]} by "
                f"{found[0].get('model')} ({found[0].get('digest')}): delete the older of the two and run again."
            )
    return {name: found[0][name] for name in _PROVENANCE if name in found[0]}
