"""Parquet tables with a written schema, checked when written and when read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from musicologist.core.errors import UserError
from musicologist.core.files import atomic_path


def schema(kind: str, columns: Sequence[tuple[str, pa.DataType]]) -> pa.Schema:
    """The schema of a kind of table; each stage keeps its own in its ``tables``. The kind stands in the file's metadata."""
    return pa.schema(columns, metadata={"kind": kind})


def kind_of(schema: pa.Schema) -> str:
    """The kind of table that a schema describes."""
    return (schema.metadata or {})[b"kind"].decode()


def write(path: str | Path, schema: pa.Schema, table: pa.Table, metadata: Mapping[str, str] | None = None) -> None:
    """Write ``table`` atomically as parquet with ``schema``; ``metadata`` says what made it.

    Raises ValueError where the table's columns are not those of the schema.
    """
    table = _conform(table, schema).replace_schema_metadata({"kind": kind_of(schema), **(metadata or {})})
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


@contextmanager
def writer(
    path: str | Path, schema: pa.Schema, metadata: Mapping[str, str] | None = None
) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that appends a table with ``schema`` as a row group; ``path`` appears when the block ends well."""
    written = schema.with_metadata({"kind": kind_of(schema), **(metadata or {})})
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, written, compression="zstd") as target:
        yield lambda table: target.write_table(_conform(table, schema).replace_schema_metadata(written.metadata))


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    if set(table.column_names) != set(schema.names):
        raise ValueError(f"a table of kind {kind_of(schema)} has the columns {schema.names}, not {table.column_names}")
    return table.select(schema.names).cast(schema)


def read(
    path: str | Path,
    schema: pa.Schema,
    columns: Sequence[str] | None = None,
    remedy: str = "delete it and let the workflow rebuild it",
) -> pa.Table:
    """Read the table with ``schema`` at ``path``, all columns or only ``columns``.

    Raises UserError, which ends with ``remedy``, where the file is missing, is no parquet file or lacks a column.
    """
    kind = kind_of(schema)
    try:
        with pq.ParquetFile(path) as file:
            found = file.schema_arrow
            for name in schema.names:
                if name not in found.names or found.field(name).type != schema.field(name).type:
                    raise UserError(
                        f"{path} has no column {name!r} of type {schema.field(name).type}, which a table of kind "
                        f"{kind} has: {remedy}."
                    )
            return file.read(columns=list(columns) if columns is not None else schema.names)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a parquet table of kind {kind}.") from None
    except pa.ArrowInvalid as error:
        raise UserError(f"{path} is not a readable parquet file ({str(error).splitlines()[0]}): {remedy}.") from None


def metadata(path: str | Path) -> dict[str, str]:
    """The file's own key-value metadata (model, checkpoint digest, window ...), without Arrow's and pandas' keys."""
    found = pq.read_schema(path).metadata or {}
    return {k.decode(): v.decode() for k, v in found.items() if k not in (b"ARROW:schema", b"pandas")}
