import json
import sys

import import_annotations
import pyarrow as pa
import pytest
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.prompts.tables import ANNOTATIONS

RECORDS = [
    {"prompt": "An electric guitar", "aspects": ["guitar", "electric"], "bpm": None},
    {"prompt": "A dark accordion", "aspects": ["dark sound", "wobbly"], "bpm": 90},
]


@pytest.fixture
def imported(monkeypatch, tmp_path):
    def run(path, count=2):
        flags = ["--file", path, "--count", count, "--output", tmp_path / "out.parquet"]
        monkeypatch.setattr(sys, "argv", ["import_annotations.py", *map(str, flags)])
        import_annotations.main()
        return parquet.read(tmp_path / "out.parquet", ANNOTATIONS).to_pylist()

    return run


def test_records_become_rows_and_unknown_tags_are_reported(imported, tmp_path, capsys):
    (tmp_path / "a.json").write_text(json.dumps(RECORDS, indent=2))
    rows = imported(tmp_path / "a.json")
    assert [row["prompt_id"] for row in rows] == [0, 1]
    assert [row["aspects"] for row in rows] == [["guitar", "electronic"], ["warm sound"]]
    assert [row["aspects_raw"] for row in rows] == [record["aspects"] for record in RECORDS]
    assert [row["bpm"] for row in rows] == [None, 90.0]
    assert "The tag 'wobbly' (1 times) means no aspect" in capsys.readouterr().err
    assert parquet.metadata(tmp_path / "out.parquet")["unknown_tags"] == '{"wobbly": 1}'
    with pytest.raises(UserError, match=r"holds 2 annotations, but prompts.count asks for 3"):
        imported(tmp_path / "a.json", 3)


def table(tmp_path, numbers, aspects=("bass",)):
    rows = [
        {"prompt_id": n, "aspects": list(aspects), "aspects_raw": ["b"], "bpm": None, "annotator": "me", "pass": 1}
        for n in numbers
    ]
    parquet.write(tmp_path / "a.parquet", ANNOTATIONS, pa.Table.from_pylist(rows, ANNOTATIONS))
    return tmp_path / "a.parquet"


def test_a_table_is_sorted_and_cut_to_the_prompts(imported, tmp_path):
    rows = imported(table(tmp_path, [2, 0, 1]))
    assert [row["prompt_id"] for row in rows] == [0, 1]
    assert {row["annotator"] for row in rows} == {"me"}


@pytest.mark.parametrize(
    ("numbers", "aspects", "sentence"),
    [
        (
            [0],
            ["bass"],
            "has 1 annotations of the 2 prompts of prompts.count: expected the prompt ids 0 to 1 once each",
        ),
        ([0, 1, 1], ["bass"], "some of a prompt twice"),
        ([0, 1], ["warm"], "prompt 0: unknown aspect 'warm'; did you mean 'warm sound'?"),
    ],
)
def test_a_bad_table_is_one_sentence(imported, tmp_path, numbers, aspects, sentence):
    with pytest.raises(UserError) as caught:
        imported(table(tmp_path, numbers, aspects))
    assert sentence in str(caught.value)
