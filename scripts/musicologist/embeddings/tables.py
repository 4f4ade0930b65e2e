"""Schemas of embedding tables, and embeddings as columns and arrays."""

import pyarrow as pa

from musicologist.core import parquet

EMBEDDING = pa.list_(pa.float32(), 1)
"""Of one size in a table, which is the embedder's; the size here stands for any (``parquet.schema``)."""


def embeddings(column: pa.ChunkedArray):
    """An embedding column as a float32 array (n, size), without a copy where it is one chunk."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], column.type)
    return array.flatten().to_numpy(zero_copy_only=False).reshape(-1, column.type.list_size)


def embedding_column(array) -> pa.FixedSizeListArray:
    """A float32 array (n, size) as an embedding column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1), pa.float32()), array.shape[1])


SCALING = parquet.schema("scaling", [("mean", pa.float64()), ("spread", pa.float64())])
NOTE_EMBEDDINGS = parquet.schema("note_embeddings", [("note_id", pa.string()), ("embedding", EMBEDDING)])

AUDIO_EMBEDDINGS = parquet.schema(
    "audio_embeddings",
    [
        ("prompt_id", pa.int64()),
        ("sample", pa.int16()),
        # denoised (the x0 estimate), noisy (x_t) or deformed (the last step's clip under noise)
        ("signal", pa.string()),
        ("step", pa.int16()),  # 0-based
        ("sigma", pa.float64()),  # noise level of the variance-exploding process, in units of the data's spread
        ("log_snr_db", pa.float64()),  # -20 log10(sigma)
        ("embedding", EMBEDDING),  # unit norm
    ],
)

TEXT_EMBEDDINGS = parquet.schema(
    "text_embeddings", [("aspect", pa.string()), ("text", pa.string()), ("embedding", EMBEDDING)]
)
