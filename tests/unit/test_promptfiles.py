import pytest
from musicologist import promptfiles
from musicologist.errors import UserError
from musicologist.promptfiles import Prompt


def test_a_batch_comes_back_as_it_was_written(tmp_path):
    prompts = [Prompt(3, "a flute – softly", "given"), Prompt(4, "two\tdrums", "given")]
    promptfiles.write_batch(tmp_path / "batch.jsonl", prompts)
    assert promptfiles.read_batch(tmp_path / "batch.jsonl") == prompts


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
        promptfiles.read_batch(tmp_path / "batch.jsonl")


def test_given_prompts_are_lines_or_json_lines(tmp_path):
    (tmp_path / "a.txt").write_text("a flute\n\n  a drum \n")
    (tmp_path / "a.jsonl").write_text('{"text": "a flute"}\n{"text": "a drum", "prompt_id": 1}\n')
    assert promptfiles.read_given(tmp_path / "a.txt", 2) == ["a flute", "a drum"]
    assert promptfiles.read_given(tmp_path / "a.jsonl", 1) == ["a flute"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n", "is empty"),
        ('{"text": "a", "prompt_id": 0}\n{"text": "b", "prompt_id": 0}\n', "line 2: the prompt id 0 stands twice"),
        ('{"text": "a", "prompt_id": 7}\n', "is not the running number 0"),
        ('{"text": 3}\n', "expected a line like"),
        ("a flute\n", "line 1: not JSON"),
        ('{"text": "a"}\n', "holds 1 prompts, but prompts.count asks for 2"),
    ],
)
def test_bad_given_prompts_are_one_sentence(tmp_path, text, sentence):
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(UserError, match=sentence):
        promptfiles.read_given(tmp_path / "a.jsonl", 2)


def test_a_missing_or_binary_file_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        promptfiles.read_given(tmp_path / "none.txt", 1)
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8"):
        promptfiles.read_given(tmp_path / "binary.txt", 1)
