import subprocess
import sys
from pathlib import Path

import pytest
from musicologist.core import lean

SCRIPTS = str(Path("scripts").absolute())


def test_what_is_left_out_cannot_be_imported_within_the_block_and_can_after_it(tmp_path, monkeypatch):
    (tmp_path / "some_package_of_a_test.py").write_text("x = 1")
    monkeypatch.syspath_prepend(tmp_path)
    with lean.without("some_package_of_a_test"), pytest.raises(ModuleNotFoundError, match="some_package_of_a_test"):
        import some_package_of_a_test
    import some_package_of_a_test

    assert some_package_of_a_test.x == 1


PROGRAM = """
import sys
from musicologist.core import programs

def main():
    from musicologist.core import parquet
    import pyarrow as pa

    schema = parquet.schema("some", [("x", pa.int64()), ("name", pa.string())])
    parquet.write("some.parquet", schema, pa.Table.from_pylist([{"x": 1, "name": "a"}]))
    parquet.read("some.parquet", schema).to_pylist()
    assert "pandas" not in sys.modules
    import pandas  # as a classifier of the user's may

    assert len(parquet.read("some.parquet", schema).to_pandas()) == len(pa.table(pandas.DataFrame({"x": [1]}))) == 1

programs.run(main)
"""


def test_a_program_reads_and_writes_tables_without_importing_pandas(tmp_path):
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": SCRIPTS}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
