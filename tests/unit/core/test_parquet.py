import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from musicologist.core import parquet
from musicologist.embeddings import tables

SCHEMA = parquet.schema(
    "some", [("note_id", pa.string()), ("words", pa.list_(pa.string())), ("embedding", tables.EMBEDDING)]
)


def test_vectors_are_stored_as_they_are_and_all_else_is_compressed(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(500, 64)).astype(np.float32)
    table = pa.table({"note_id": ["a"] * 500, "words": [["b"]] * 500, "embedding": tables.embedding_column(vectors)})
    parquet.write(tmp_path / "whole.parquet", SCHEMA, table)
    with parquet.writer(tmp_path / "appended.parquet", SCHEMA) as append:
        append(table)
    for name in ("whole.parquet", "appended.parquet"):
        group = pq.read_metadata(tmp_path / name).row_group(0)
        names, words, numbers = (group.column(column) for column in range(3))
        assert [part.compression for part in (names, words, numbers)] == ["ZSTD", "ZSTD", "UNCOMPRESSED"]
        assert not any("DICTIONARY" in encoding for encoding in numbers.encodings)
        assert np.array_equal(tables.embeddings(parquet.read(tmp_path / name, SCHEMA)["embedding"]), vectors)
