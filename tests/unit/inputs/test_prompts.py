import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from musicologist.core.errors import UserError
from musicologist.inputs import prompts as inputs_prompts
from musicologist.prompts import batches
from musicologist.prompts.batches import Prompt


def test_a_batch_comes_back_as_it_was_written(tmp_path):
    prompts = [Prompt(3, "a flute – softly", "given"), Prompt(4, "two\tdrums", "given")]
    batches.write_batch(tmp_path / "batch.jsonl", prompts)
    assert batches.read_batch(tmp_path / "batch.jsonl") == prompts


@pytest.mark.parametrize(
    "text", ["808: a drum machine", '"Moonlight" and "rain"', "12-string guitar", "3/4 waltz", "- \u00b7"]
)
def test_what_may_be_part_of_a_prompt_is_kept(text, tmp_path):
    (tmp_path / "given.txt").write_text(f"{text}\na flute\n", encoding="utf-8")
    assert inputs_prompts.read_given(tmp_path / "given.txt")[0] == text.removeprefix("- ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty: expected at least one prompt"),
        ("{broken\n", "line 1: expected a prompt like"),
        ('{"prompt_id": 0, "text": "  ", "writer": "x"}\n', "a text that is not empty"),
        ('{"prompt_id": 0, "text": "a", "writer": "x"}\n' * 2, "line 2: the prompt id 0 stands twice"),
    ],
)
def test_a_bad_batch_is_one_sentence_with_file_and_line(tmp_path, text, sentence):
    (tmp_path / "batch.jsonl").write_text(text)
    with pytest.raises(UserError, match=sentence):
        batches.read_batch(tmp_path / "batch.jsonl")


TEXTS = ["a flute, softly", "a drum"]


@pytest.fixture(params=["txt", "numbered.txt", "listed.txt", "coloned.txt", "json", "jsonl", "csv", "parquet"])
def given(request, tmp_path):
    path = tmp_path / f"given.{request.param}"
    contents = {
        "txt": "\ufeffa flute, softly\n\n  a drum \n",
        "numbered.txt": "1. a flute, softly\n2. a drum\n",
        "listed.txt": '1) "a flute, softly"\n* a drum\n',
        "coloned.txt": "1: a flute, softly\n2: “a drum”\n",
        "json": '[{"prompt": "a flute, softly", "aspects": []},\n {"prompt": "a drum", "aspects": []}]',
        "jsonl": '{"text": "a flute, softly"}\n{"text": "a drum", "prompt_id": 1}\n',
        "csv": '\ufeffprompt,mood\n"a flute, softly",calm\na drum,wild\n',
    }
    if request.param in contents:
        path.write_text(contents[request.param], encoding="utf-8")
    else:
        pq.write_table(pa.table({"prompt_id": [0, 1], "text": TEXTS, "writer": ["me", "me"]}), path)
    return path


def test_given_prompts_come_in_four_formats(given):
    assert inputs_prompts.read_given(given, 2) == TEXTS
    assert inputs_prompts.read_given(given, 1) == TEXTS[:1]
    with pytest.raises(UserError, match=r"holds 2 prompts, but prompts\.count asks for 3"):
        inputs_prompts.read_given(given, 3)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.txt", " \n", "is empty"),
        ("a.txt", "1. a flute\n2.\n", "line 2: found the number '2.' without a prompt"),
        ("a.csv", "", "is empty"),
        ("a.csv", "txt\na flute\n", "found the columns txt, but no prompt; did you mean 'text'?"),
        ("a.csv", "text,bpm\na flute,60\n,70\n", "line 3: text is '': expected a text"),
        ("a.csv", "text,prompt_id\na,0\nb,0\n", "line 3: the prompt id '0' stands twice"),
        ("a.csv", 'text\n"a', "no CSV after line 1"),
        ("a.parquet", "text", "is not a readable parquet file"),
        ("a.doc", "a flute", "cannot be read as prompts: expected a file named .txt, .json, .jsonl, .csv, .parquet"),
        (
            "a.jsonl",
            '{"text": "a", "prompt_id": 0}\n{"text": "b", "prompt_id": 0}\n',
            "record 2: the prompt id 0 stands twice",
        ),
        ("a.jsonl", '{"text": "a", "prompt_id": 7}\n', "is not the running number 0"),
        ("a.jsonl", '{"text": 3}\n', "text is 3: expected a text"),
        ("a.jsonl", "[3]\n", "expected a record like"),
        ("a.jsonl", "a flute\n", "line 1: not JSON"),
    ],
)
def test_bad_given_prompts_are_one_sentence(tmp_path, name, text, sentence):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=re.escape(sentence)):
        inputs_prompts.read_given(tmp_path / name, 2)


def test_a_parquet_file_without_prompts_names_its_columns(tmp_path):
    pq.write_table(pa.table({"promt": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match="found the columns promt, but no prompt; did you mean 'prompt'"):
        inputs_prompts.read_given(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_a_missing_or_binary_file_is_one_sentence(tmp_path, name):
    with pytest.raises(UserError, match="does not exist"):
        inputs_prompts.read_given(tmp_path / name, 1)
    (tmp_path / name).write_bytes(b"text\n\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8"):
        inputs_prompts.read_given(tmp_path / name, 1)
