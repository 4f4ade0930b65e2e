"""Parquet tables with a written schema, checked when written and when read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from musicologist.errors import UserError
from musicologist.files import atomic_path

EMBEDDING_SIZE = 512
_EMBEDDING = pa.list_(pa.float32(), EMBEDDING_SIZE)
_ACOUSTICS = (
    ("loudness_lufs", pa.float32()),  # integrated loudness, ITU-R BS.1770-4
    ("centroid_hz", pa.float32()),  # of the mean power spectrum
    ("flatness_db", pa.float32()),  # geometric over arithmetic mean of the power spectrum; white noise has 0
    ("mfcc", pa.list_(pa.float32(), 40)),  # mean, then standard deviation over the frames, of 20 coefficients
)

_INTERVALS = (
    *("accuracy", "tpr", "tnr", "balanced_accuracy", "balanced_accuracy_prior", "balanced_accuracy_cv"),
    *("roc_auc", "average_precision", "ap_over_prevalence", "half_rise_sigma", "logistic_sigma", "onset_sigma"),
)
_FIGURES = (
    *("sigma", "log_snr_db", "prevalence", "majority", "icc", "design_effect", "p", "q", "p_random"),
    *("p_level", "critical_auc", "linear_auc", "random_low", "random_high", "p_random_level"),
)

SCHEMAS: Mapping[str, pa.Schema] = {
    "prompts": pa.schema([("prompt_id", pa.int64()), ("text", pa.string()), ("writer", pa.string())]),
    "annotations": pa.schema(
        [
            ("prompt_id", pa.int64()),
            ("aspects", pa.list_(pa.string())),
            ("aspects_raw", pa.list_(pa.string())),
            ("bpm", pa.float64()),  # beats per minute; null where the prompt names no tempo
            ("annotator", pa.string()),
            ("pass", pa.int8()),  # 1, 2 ...; 0 is the majority of several passes
        ]
    ),
    "notes": pa.schema(
        [
            ("note_id", pa.string()),  # NSynth's note_str
            ("instrument", pa.string()),  # NSynth's instrument_str: the group of a split
            ("family", pa.string()),
            ("source", pa.string()),
            ("qualities", pa.list_(pa.string())),
            ("pitch", pa.int16()),  # MIDI
            ("velocity", pa.int16()),  # MIDI
            ("split", pa.string()),  # NSynth's own: train, valid or test
        ]
    ),
    "note_embeddings": pa.schema([("note_id", pa.string()), ("embedding", _EMBEDDING)]),
    "instruments": pa.schema(
        [("instrument", pa.string()), ("notes", pa.int64()), ("embedding", _EMBEDDING)]  # the mean of its notes'
    ),
    "components": pa.schema(
        [("variance", pa.float64()), ("embedding", _EMBEDDING)]
    ),  # principal, of all notes; unit norm
    "audio_embeddings": pa.schema(
        [
            ("prompt_id", pa.int64()),
            ("sample", pa.int16()),
            (
                "signal",
                pa.string(),
            ),  # denoised (the x0 estimate), noisy (x_t) or deformed (the last step's clip under noise)
            ("step", pa.int16()),  # 0-based
            ("sigma", pa.float64()),  # noise level of the variance-exploding process, in units of the data's spread
            ("log_snr_db", pa.float64()),  # -20 log10(sigma)
            ("embedding", _EMBEDDING),  # unit norm
        ]
    ),
    "audio_acoustics": pa.schema(
        [
            ("prompt_id", pa.int64()),
            ("sample", pa.int16()),
            ("signal", pa.string()),
            ("step", pa.int16()),
            *_ACOUSTICS,
        ]
    ),
    "note_acoustics": pa.schema([("note_id", pa.string()), *_ACOUSTICS]),
    "text_embeddings": pa.schema([("aspect", pa.string()), ("text", pa.string()), ("embedding", _EMBEDDING)]),
    "controls": pa.schema(
        [
            ("concept", pa.string()),
            # partialled: loudness, centroid and flatness taken out of the probe's decision; mismatched: prompts have one
            # another's labels (mean and percentiles of the labellings, no interval of the mean); content: labels of the
            # clips' content in place of the prompts'; zero_shot: CLAP's text probe; handcrafted: a probe of cepstra, no
            # CLAP; in_domain: a probe trained on the finished clips of other prompts, a ceiling; unconditional: clips whose
            # prompt asks for it against clips made without prompts; decoded_noise: noise in the latent, decoded
            ("control", pa.string()),
            (
                "classifier",
                pa.string(),
            ),  # logistic or svm: that probe's decisions; else the control's own kind of probe
            ("signal", pa.string()),
            ("step", pa.int16()),
            ("sigma", pa.float64()),
            ("log_snr_db", pa.float64()),
            ("n_pos_prompts", pa.int32()),
            ("n_neg_prompts", pa.int32()),
            ("n_pos", pa.int32()),
            ("n_neg", pa.int32()),
            ("roc_auc", pa.float64()),  # NaN with fewer than two prompts on a side
            ("roc_auc_low", pa.float64()),
            ("roc_auc_high", pa.float64()),
            ("called_share", pa.float64()),  # of unconditional clips or of noise: how many the probe calls positive
        ]
    ),
    "content": pa.schema(
        [
            ("prompt_id", pa.int64()),
            ("sample", pa.int16()),
            ("prompt_label", pa.int8()),  # 1, 0, or null: what the prompt asks for
            ("zero_shot", pa.float64()),  # decision on the finished clip of a probe of CLAP's texts
            (
                "in_domain",
                pa.float64(),
            ),  # of a probe trained on the other prompts' finished clips; NaN with too few prompts
            # 1 for as large a share of the clips as of the prompts that ask for it, those with the highest decision
            ("zero_shot_label", pa.int8()),
            ("in_domain_label", pa.int8()),  # null where there is no decision
        ]
    ),
    "dataset": pa.schema(
        [
            ("note_id", pa.string()),
            ("label", pa.int8()),  # 1 has the concept, 0 has neither it nor a near one
            ("instrument", pa.string()),
            ("split", pa.string()),  # train or test, disjoint in instruments
        ]
    ),
    "scores": pa.schema(
        [
            ("prompt_id", pa.int64()),
            ("sample", pa.int16()),
            ("signal", pa.string()),
            ("step", pa.int16()),
            ("sigma", pa.float64()),
            ("log_snr_db", pa.float64()),
            ("decision", pa.float64()),  # signed distance from the probe's boundary
            ("predicted", pa.int8()),
            ("prompt_label", pa.int8()),  # 1, 0, or null: the prompt is on neither side
        ]
    ),
    "emergence": pa.schema(  # emergence.csv of all concepts, and what is concluded; docs/METHODS.md explains the columns
        [(name, pa.string()) for name in ("concept", "classifier", "signal", "answer")]
        + [(name, pa.int64()) for name in ("step", "n_pos_prompts", "n_neg_prompts", "n_pos", "n_neg", "beats_random")]
        + [(f"{name}{end}", pa.float64()) for name in _INTERVALS for end in ("", "_low", "_high")]
        + [(name, pa.float64()) for name in _FIGURES]
    ),
    "landmarks": pa.schema(
        [
            ("classifier", pa.string()),
            ("signal", pa.string()),
            (
                "resample",
                pa.int32(),
            ),  # 0: as measured; the same number is the same draw of prompts in all tables of a run
            ("half_rise", pa.float64()),  # natural logarithm of sigma, as the next two
            ("logistic", pa.float64()),
            ("onset", pa.float64()),  # -inf: not above its null at the last level
        ]
    ),
}


def write(path: str | Path, kind: str, table: pa.Table, metadata: Mapping[str, str] | None = None) -> None:
    """Write ``table`` atomically as parquet with the schema ``kind``; ``metadata`` says what made it.

    Raises ValueError where the table's columns are not those of the schema.
    """
    table = _conform(table, kind)
    table = table.replace_schema_metadata({"kind": kind, **(metadata or {})})
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


@contextmanager
def writer(
    path: str | Path, kind: str, metadata: Mapping[str, str] | None = None
) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that appends a table of the schema ``kind`` as a row group; ``path`` appears when the block ends well."""
    schema = SCHEMAS[kind].with_metadata({"kind": kind, **(metadata or {})})
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as target:
        yield lambda table: target.write_table(_conform(table, kind).replace_schema_metadata(schema.metadata))


def from_rows(rows: Sequence[Mapping]) -> pa.Table:
    """A table of rows that all have the same columns."""
    return pa.table({name: [row[name] for row in rows] for name in rows[0]})


def _conform(table: pa.Table, kind: str) -> pa.Table:
    schema = SCHEMAS[kind]
    if set(table.column_names) != set(schema.names):
        raise ValueError(f"a table of kind {kind} has the columns {schema.names}, not {table.column_names}")
    return table.select(schema.names).cast(schema)


def read(
    path: str | Path,
    kind: str,
    columns: Sequence[str] | None = None,
    remedy: str = "delete it and let the workflow rebuild it",
) -> pa.Table:
    """Read the table of kind ``kind`` at ``path``, all columns or only ``columns``.

    Raises UserError, which ends with ``remedy``, where the file is missing, is no parquet file or lacks a column.
    """
    schema = SCHEMAS[kind]
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


def embeddings(column: pa.ChunkedArray):
    """An embedding column as a float32 array (n, 512), without a copy where it is one chunk."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], _EMBEDDING)
    return array.flatten().to_numpy(zero_copy_only=False).reshape(-1, EMBEDDING_SIZE)


def embedding_column(array) -> pa.FixedSizeListArray:
    """A float32 array (n, 512) as an embedding column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1), pa.float32()), EMBEDDING_SIZE)


def rows_of(path: str | Path, notes: pa.ChunkedArray):
    """Embeddings (notes, 512) of these note ids, in their order, out of a table of note embeddings; None where one is missing.

    Reads row group by row group and keeps only what is asked for.
    """
    import numpy as np
    import pyarrow.compute as pc

    found = np.empty((len(notes), EMBEDDING_SIZE), np.float32)
    seen = 0
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            position = pc.index_in(notes, value_set=group["note_id"]).to_numpy()
            here = ~np.isnan(position) if position.dtype.kind == "f" else np.ones(len(position), bool)
            found[here] = embeddings(group["embedding"])[position[here].astype(int)]
            seen += int(here.sum())
    return found if seen == len(notes) else None


def labelled_notes(dataset: str | Path, note_embeddings: str | Path) -> tuple:
    """Embeddings (notes, 512), labels and whether held out (notes,) of a concept's dataset.

    Raises UserError where a note of the dataset has no embedding.
    """
    table = read(dataset, "dataset")
    rows = rows_of(note_embeddings, table["note_id"])
    if rows is None:
        raise UserError(f"{note_embeddings} lacks notes of {dataset}: delete both and run again.")
    return rows, table["label"].to_numpy(), table["split"].to_numpy() == "test"


def by_instrument(notes: Sequence[str | Path], note_embeddings: str | Path) -> Iterator[tuple]:
    """Row group by row group, the instruments (notes,) and embeddings (notes, 512) of a table of note embeddings.

    ``notes`` are tables that say which instrument plays a note (kind ``notes`` or ``dataset``); notes in none are left out.
    """
    import pyarrow.compute as pc

    known = pa.concat_tables(read(path, metadata(path)["kind"], ["note_id", "instrument"]) for path in notes)
    with pq.ParquetFile(note_embeddings) as file:
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            place = pc.index_in(group["note_id"], value_set=known["note_id"])
            mine = pc.is_valid(place)
            instruments = known["instrument"].take(place.filter(mine))
            yield instruments.to_numpy(), embeddings(group.filter(mine)["embedding"])
