"""Given files that may be edited: what is written down of them when a run starts, and who is refused afterwards."""

import json

import pytest
from musicologist.core.errors import UserError
from musicologist.workflow import given, planned


@pytest.fixture
def there(tmp_path):
    """A section ``inputs``, and the folder of copies."""
    (tmp_path / "heard").mkdir()
    texts = {"p.txt": "A bass.\n", "n.json": "[]", "heard/a.csv": "answer\n", "info.csv": "note_str\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    named = {"prompts": "p.txt", "annotations": "n.json", "listeners": "heard", "audio": None, "skip": ["silent"]}
    inputs = {key: str(tmp_path / name) if isinstance(name, str) else name for key, name in named.items()}
    return inputs, tmp_path / "planned"


def kept(there, *others):
    inputs, folder = there
    given.keep(folder, inputs, given.digests(inputs, others))
    return folder / given.RECORD


def test_what_is_unchanged_is_let_through(there, tmp_path):
    record = kept(there, tmp_path / "info.csv")
    recorded = json.loads(record.read_text())
    assert set(recorded) == {str(tmp_path / name) for name in ("p.txt", "n.json", "heard", "info.csv")}
    given.require_planned(record, ["scripts/import_prompts.py", "--file", *recorded, "another.txt"])


@pytest.mark.parametrize("edited", ["p.txt", "n.json", "heard/a.csv", "heard/b.csv", "info.csv"])
def test_a_job_that_reads_what_was_edited_is_refused_and_no_other(there, tmp_path, edited):
    record = kept(there, tmp_path / "info.csv")
    with open(tmp_path / edited, "a") as stream:
        stream.write("more\n")
    own = str(tmp_path / edited.partition("/")[0])
    with pytest.raises(UserError, match=r"was edited while this job waited: .*planned with [0-9a-f]{8} .* run again"):
        given.require_planned(record, ["--file", own])
    given.require_planned(record, [word for word in json.loads(record.read_text()) if word != own])


def test_a_path_that_is_written_in_another_way_is_the_same_file(there, tmp_path):
    record = kept(there)
    (tmp_path / "p.txt").write_text("Another.\n")
    with pytest.raises(UserError, match=r"p\.txt was edited"):
        given.require_planned(record, [f"{tmp_path}//./p.txt"])


def test_what_was_removed_is_told_so(there, tmp_path):
    record = kept(there)
    (tmp_path / "p.txt").unlink()
    with pytest.raises(UserError, match=r"p\.txt was edited .* it is gone now"):
        given.require_planned(record, [str(tmp_path / "p.txt")])


def test_jobs_elsewhere_parse_the_copies(there, tmp_path):
    inputs, folder = there
    kept(there)
    parsed = given.parsed(folder, inputs)
    (tmp_path / "p.txt").unlink()
    assert (folder / "prompts.txt").read_text() == "A bass.\n"
    assert parsed == {**inputs, "prompts": str(folder / "prompts.txt"), "annotations": str(folder / "annotations.json")}
    assert given.parsed(tmp_path / "nowhere", inputs) == inputs


def test_what_is_edited_between_the_plan_and_the_start_starts_nothing(there, tmp_path):
    inputs, folder = there
    found = given.digests(inputs)
    (tmp_path / "p.txt").write_text("Another.\n")
    with pytest.raises(UserError, match=r"p\.txt was edited"):
        given.keep(folder, inputs, found)
    assert not (folder / given.RECORD).exists() and not (folder / "prompts.txt").exists()


def test_a_run_without_given_files_keeps_no_record(tmp_path):
    given.keep(tmp_path, {"prompts": None}, given.digests({"prompts": None}))
    assert not list(tmp_path.iterdir())
    (tmp_path / given.RECORD).write_text('{"p.txt": ""}')
    given.keep(tmp_path, {"prompts": None}, {})
    assert json.loads((tmp_path / given.RECORD).read_text()) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "\0"])
def test_a_damaged_record_is_a_sentence(tmp_path, text):
    (tmp_path / given.RECORD).write_text(text)
    with pytest.raises(UserError, match=r"given\.json is damaged .*: run again, which writes it anew"):
        given.require_planned(tmp_path / given.RECORD, ["p.txt"])


def test_a_runs_copy_of_its_configuration_is_known_by_its_place():
    assert planned.is_copy(planned.folder("results/demo") / planned.CONFIG)
    assert not planned.is_copy("config/config.json") and not planned.is_copy("results/demo/planned/concepts.yaml")
