"""Parquet tables with a written schema, checked when written and when read.

In a file null is what was not measured or does not apply, and NaN stands nowhere; a measured column that is read has NaN again.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from musicologist.core import lean
from musicologist.core.errors import UserError
from musicologist.core.files import atomic_path

if lean.is_program():
    with lean.without("pandas"):  # which Arrow looks for once, when it first makes an array
        pa.array([])

MADE_BY = "MUSICOLOGIST_MADE_BY"
"""The environment variable by which a start of the workflow tells its jobs what tables say of their run, a JSON object:
``run``, ``results``, the folder, and ``models``, what made the tables in each of its folders ("": in all others)."""


def schema(kind: str, columns: Sequence[tuple[str, pa.DataType]], measured: bool = False) -> pa.Schema:
    """The schema of a kind of table; each stage keeps its own in its ``tables``. The kind stands in the file's metadata.

    The size of fixed-size lists is a table's own: whatever it is in the schema, any other fits. The numbers of a ``measured``
    table can be missing: NaN in memory, null in the file.
    """
    return pa.schema(columns, metadata={"kind": kind, **({"measured": "yes"} if measured else {})})


def kind_of(schema: pa.Schema) -> str:
    """The kind of table that a schema describes."""
    return (schema.metadata or {})[b"kind"].decode()


def write(path: str | Path, schema: pa.Schema, table: pa.Table, metadata: Mapping[str, str] | None = None) -> None:
    """Write ``table`` atomically as parquet with ``schema``; ``metadata`` says what made it.

    Raises ValueError where the table's columns are not those of the schema.
    """
    table = _conform(table, schema).replace_schema_metadata(_told(path, schema, metadata))
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, **_packed(schema))


@contextmanager
def writer(
    path: str | Path, schema: pa.Schema, metadata: Mapping[str, str] | None = None
) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that appends a table with ``schema`` as a row group; ``path`` appears when the block ends well."""
    made_by = _told(path, schema, metadata)
    with atomic_path(path) as temporary, ExitStack() as stack:
        targets: list[pq.ParquetWriter] = []

        def append(table: pa.Table) -> None:
            table = _conform(table, schema).replace_schema_metadata(made_by)
            if not targets:
                targets.append(stack.enter_context(pq.ParquetWriter(temporary, table.schema, **_packed(schema))))
            targets[0].write_table(table)

        yield append
        if not targets:
            append(schema.empty_table())


def _packed(schema: pa.Schema) -> dict[str, Any]:
    """How columns are packed: vectors as they are. Compression saves a hundredth of them and doubles the time to read them."""
    others = [field for field in schema if not pa.types.is_fixed_size_list(field.type)]
    paths = [f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name for field in others]
    return {"compression": dict.fromkeys(paths, "zstd"), "use_dictionary": paths}


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    if set(table.column_names) != set(schema.names):
        raise ValueError(f"a table of kind {kind_of(schema)} has the columns {schema.names}, not {table.column_names}")
    table = table.select(schema.names)
    fields = [mine if _fits(mine.type, field.type) else field for mine, field in zip(table.schema, schema, strict=True)]
    return _measured(table.cast(pa.schema(fields)), schema, lambda column: pc.if_else(pc.is_nan(column), None, column))


def _told(path: str | Path, schema: pa.Schema, metadata: Mapping[str, str] | None) -> dict[str, str]:
    """What a table says of itself: its kind; the run and its models, where it lies in the run's folder; and ``metadata``."""
    found = {"kind": kind_of(schema)}
    if MADE_BY in os.environ:
        made_by = json.loads(os.environ[MADE_BY])
        _, within, place = f"/{Path(path).as_posix()}".rpartition(f"/{made_by['results']}/")
        if within:
            models = max((one for one in made_by["models"] if place.startswith(one)), key=len)
            found |= {"run": made_by["run"], "models": made_by["models"][models]}
    return {**found, **(metadata or {})}


def _measured(table: pa.Table, schema: pa.Schema, turned: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    """The table with the numbers of a measured one ``turned``."""
    if b"measured" not in (schema.metadata or {}):
        return table
    numbers = [place for place, field in enumerate(table.schema) if pa.types.is_floating(field.type)]
    for place in numbers:
        table = table.set_column(place, table.schema.field(place), turned(table.column(place)))
    return table


def _fits(found: pa.DataType, wanted: pa.DataType) -> bool:
    sized = pa.types.is_fixed_size_list(found) and pa.types.is_fixed_size_list(wanted)
    return found == wanted or (sized and found.value_type == wanted.value_type)


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
        with pq.ParquetFile(path, memory_map=True) as file:
            found = file.schema_arrow
            for name in schema.names:
                if name not in found.names or not _fits(found.field(name).type, schema.field(name).type):
                    wanted = str(schema.field(name).type).removesuffix("[1]")
                    raise UserError(
                        f"{path} has no column {name!r} of type {wanted}, which a table of kind {kind} has: {remedy}."
                    )
            table = file.read(columns=list(columns) if columns is not None else schema.names)
        return _measured(table, schema, lambda column: pc.fill_null(column, float("nan")))
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a parquet table of kind {kind}.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder: expected a parquet table of kind {kind}.") from None
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UserError(
            f"{path} is not a readable parquet file ({(str(error).splitlines() or [''])[0][:200]}): {remedy}."
        ) from None


def metadata(path: str | Path) -> dict[str, str]:
    """The file's own key-value metadata (model, checkpoint digest, window ...), without Arrow's and pandas' keys."""
    found = pq.read_schema(path).metadata or {}
    return {k.decode(): v.decode() for k, v in found.items() if k not in (b"ARROW:schema", b"pandas")}
