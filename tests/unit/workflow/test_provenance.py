import shutil
from pathlib import Path

import pytest
from musicologist.workflow.provenance import code_digest, model_digest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def scripts(tmp_path):
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "__init__.py").write_text("")
    (tmp_path / "library" / "direct.py").write_text("from library.indirect import f\n")
    (tmp_path / "library" / "indirect.py").write_text('def f():\n    """Doc."""\n    return 1\n')
    (tmp_path / "library" / "other.py").write_text("x = 1\n")
    (tmp_path / "script.py").write_text("import json\n\ndef main():\n    from library import direct\n")
    return tmp_path


def digest(scripts):
    return code_digest(scripts / "script.py")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("script.py", "import json\n\ndef main():\n    from library import direct\n    print()\n"),
        ("library/direct.py", "from library.indirect import f\n\ny = 2\n"),
        ("library/indirect.py", "def f():\n    return 2\n"),
        ("library/__init__.py", "version = 1\n"),
    ],
)
def test_changes_with_the_script_and_all_that_it_imports(scripts, file, text):
    before = digest(scripts)
    (scripts / file).write_text(text)
    assert digest(scripts) != before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("library/other.py", "x = 2\n"),
        ("library/indirect.py", '# why\ndef f():\n    """Another text."""\n\n    return (1)\n'),
        ("library/direct.py", '"""A module."""\nfrom library.indirect import f\n'),
        ("library/indirect.py", "def f() -> int:\n    return 1\n"),
        ("library/direct.py", "from typing import Any\nfrom library.indirect import f\n"),
        (
            "library/direct.py",
            "from typing import TYPE_CHECKING\nfrom library.indirect import f\nif TYPE_CHECKING:\n    import library.other\n",
        ),
    ],
)
def test_does_not_change_with_comments_docstrings_and_what_is_not_imported(scripts, file, text):
    before = digest(scripts)
    (scripts / file).write_text(text)
    assert digest(scripts) == before


def test_model_digest_sees_weights_and_not_the_card(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    before = model_digest(tmp_path)
    (tmp_path / "README.md").write_text("card")
    assert model_digest(tmp_path) == before
    (tmp_path / "model.safetensors").write_bytes(b"other")
    assert model_digest(tmp_path) != before
    assert model_digest("stabilityai/a-hub-id") == "stabilityai/a-hub-id"
    with pytest.raises(ValueError, match="working directory"):
        model_digest("")


def test_digests_of_large_files_are_remembered_by_size_and_time(tmp_path, monkeypatch):
    cache, model = tmp_path / "digests.json", tmp_path / "model.pt"
    model.write_bytes(b"weights")
    plain = model_digest(model)
    monkeypatch.setattr("musicologist.workflow.provenance._LARGE", 1)
    assert model_digest(model, cache) == plain
    monkeypatch.setattr("musicologist.workflow.provenance.sha256", lambda file: pytest.fail("read again"))
    assert model_digest(model, cache) == plain
    model.write_bytes(b"other weights")
    with pytest.raises(pytest.fail.Exception):
        model_digest(model, cache)


def test_of_an_error_only_the_words_may_change(scripts):
    (scripts / "library" / "indirect.py").write_text(
        'def f(x):\n    if x > 1:\n        raise UserError(f"{x} is bad.")\n    return 1\n'
    )
    before = digest(scripts)
    (scripts / "library" / "indirect.py").write_text(
        'def f(x):\n    if x > 1:\n        raise UserError("Give one.")\n    return 1\n'
    )
    assert digest(scripts) == before
    (scripts / "library" / "indirect.py").write_text(
        'def f(x):\n    if x > 2:\n        raise UserError("Give one.")\n    return 1\n'
    )
    assert digest(scripts) != before


def test_digests_of_a_library_are_remembered_until_one_of_its_files_changes(scripts, tmp_path, monkeypatch):
    cache, script = tmp_path / "cache.json", scripts / "script.py"

    def remembered():
        return code_digest(script, scripts, cache)

    before = code_digest(script, scripts)
    assert remembered() == before
    with monkeypatch.context() as patch:
        patch.setattr("musicologist.workflow.provenance._library", lambda root: pytest.fail("read again"))
        assert remembered() == before
    (scripts / "library" / "indirect.py").write_text("def f():\n    return 2\n")
    changed = code_digest(script, scripts)
    assert remembered() == changed != before
    cache.write_text("[damaged")
    assert remembered() == changed


def test_of_a_users_own_file_only_what_it_imports_is_read(tmp_path):
    (tmp_path / "own.py").write_text("import beside\n")
    (tmp_path / "beside.py").write_text("x = 1\n")
    before = code_digest(tmp_path / "own.py")
    (tmp_path / "environment").mkdir()
    (tmp_path / "environment" / "latin.py").write_bytes(b"\xe9 = 1\n")  # would not be read as UTF-8
    assert code_digest(tmp_path / "own.py") == before
    (tmp_path / "beside.py").write_text("x = 2\n")
    assert code_digest(tmp_path / "own.py") != before


@pytest.mark.slow
def test_a_digest_covers_the_columns_of_the_table_of_aspects_that_its_programs_read(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    table = tmp_path / "scripts/musicologist/vocabulary/aspects.toml"

    def digests():
        return {
            path.stem: code_digest(path, tmp_path / "scripts") for path in sorted((tmp_path / "scripts").glob("*.py"))
        }

    before = digests()
    table.write_text(table.read_text(encoding="utf-8").replace('"tuba",', '"tuba", "alphorn",'), encoding="utf-8")
    changed = {name for name, digest in digests().items() if digest != before[name]}
    assert "annotate_prompts" in changed
    assert not changed & {"write_prompts", "generate_audio", "embed_audio", "embed_texts", "score_audio"}
