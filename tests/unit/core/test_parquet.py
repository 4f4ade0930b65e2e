import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
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


MEASURED = parquet.schema("measured", [("concept", pa.string()), ("auc", pa.float64())], measured=True)
PLAIN = parquet.schema("plain", [("bpm", pa.float64())])


def test_what_is_missing_is_null_in_the_file_and_nan_in_memory(tmp_path):
    path = tmp_path / "t.parquet"
    parquet.write(path, MEASURED, pa.table({"concept": ["a", None, "c"], "auc": [0.5, float("nan"), -math.inf]}))
    assert pq.read_table(path).to_pylist() == [
        {"concept": "a", "auc": 0.5},
        {"concept": None, "auc": None},
        {"concept": "c", "auc": -math.inf},
    ]
    read = parquet.read(path, MEASURED)
    assert math.isnan(read["auc"][1].as_py()) and read["concept"].to_pylist() == ["a", None, "c"]
    assert parquet.read(path, MEASURED, ["concept"]).column_names == ["concept"]
    with parquet.writer(path, MEASURED) as append:
        append(pa.table({"concept": ["a"], "auc": [float("nan")]}))
    assert pq.read_table(path)["auc"].null_count == 1


def test_a_number_that_does_not_apply_stays_none_in_other_tables(tmp_path):
    parquet.write(tmp_path / "p.parquet", PLAIN, pa.table({"bpm": [120.0, None]}))
    assert parquet.read(tmp_path / "p.parquet", PLAIN)["bpm"].to_pylist() == [120.0, None]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("results/r/atlas/t.parquet", {"run": "r", "models": "own"}),
        ("results/r/embedders/mel/t.parquet", {"run": "r", "models": "mel's"}),
        ("results/other/t.parquet", {}),
    ],
)
def test_a_table_in_the_folder_of_a_run_names_the_run_and_its_models(tmp_path, monkeypatch, place, told):
    made_by = {"run": "r", "results": "results/r", "models": {"": "own", "embedders/mel/": "mel's"}}
    monkeypatch.setenv(parquet.MADE_BY, json.dumps(made_by))
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    parquet.write(path, PLAIN, pa.table({"bpm": [1.0]}), {"source": "x"})
    assert parquet.metadata(path) == {"kind": "plain", **told, "source": "x"}
