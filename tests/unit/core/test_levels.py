from pathlib import Path

import pytest
from musicologist.core import levels
from musicologist.core.errors import UserError


@pytest.mark.parametrize("level", [("denoised", 0), ("noisy", 7), ("deformed", 113)])
def test_a_path_names_its_level_and_a_level_its_path(level):
    table = levels.path("x", level, ".parquet")
    assert levels.of_tables([table]) == {level: table}
    tar = levels.path(Path("x"), level) / "shard_0000.tar"
    assert levels.of_tars([tar], 114, [level[0]]) == {level: tar}


def test_paths_are_as_the_result_tree_says():
    assert levels.path("x", ("noisy", 5)) == Path("x/noisy/step_05")
    assert levels.path("x", ("denoised", 12), ".tar") == Path("x/denoised/step_12.tar")


@pytest.mark.parametrize(
    "name", ["x/noisy/step_06/a.tar", "x/loud/step_05/a.tar", "x/noisy/one/a.tar", "x/noisy/5/a.tar", "a.tar"]
)
def test_a_tar_file_that_names_no_level_is_refused(name):
    with pytest.raises(UserError, match=r"names no signal and step: expected \.\.\./denoised/step_XX/NAME\.tar"):
        levels.of_tars([Path(name)], 6)


def test_a_table_that_names_no_level_is_refused():
    with pytest.raises(UserError, match=r"x/noisy/notes\.parquet names no signal and step"):
        levels.of_tables([Path("x/noisy/step_01.parquet"), Path("x/noisy/notes.parquet")])
