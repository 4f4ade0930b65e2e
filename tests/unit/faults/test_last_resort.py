"""Whatever ends a program is one sentence with exit code 1; the traceback of a fault lies in a file of its own."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from musicologist.core import errors
from musicologist.core.errors import UserError

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
sys.path.insert(0, {scripts!r})
from musicologist.core import programs
def main():
    {body}
programs.run(main)
"""


def run(body, cwd, **environment):
    program = PROGRAM.format(scripts=str(ROOT / "scripts"), body=body)
    return subprocess.run(
        [sys.executable, "-c", program], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "body",
    [
        "{}['x']",
        "1 / 0",
        "[].pop()",
        "int('9' * 5000)",
        "float(10 ** 400)",
        "'\\ud83c'.encode()",
        "(lambda f: f(f))(lambda f: f(f))",
        "raise AssertionError",
        "raise type('Odd', (Exception,), dict(__str__=lambda s: 'two\\nlines'))()",
        "import nothing_of_the_kind",
    ],
)
def test_a_fault_of_the_program_is_one_sentence_and_a_file(body, tmp_path):
    done = run(body, tmp_path)
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("This is a fault of the program") and "please report it" in sentence
    place = Path(re.search(r"kept in (\S+),", sentence)[1])
    assert place.is_relative_to(tmp_path / "logs/faults")
    assert place.read_text().startswith("Traceback")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("raise ValueError('no such band')", "ValueError"),
        ("int('9' * 5000)", "ValueError"),
        ("np.stack([])", "ValueError"),
    ],
)
def test_a_fault_in_a_file_of_the_users_own_is_theirs_to_mend(line, kind, tmp_path):
    """Whether it comes up there or in a library that is called there."""
    (tmp_path / "mine.py").write_text(f"import numpy as np\n\n\ndef load():\n    {line}\n")
    done = run("from musicologist.models import devices; devices.family('mine.py').load()", tmp_path)
    (sentence,) = done.stderr.splitlines()
    assert done.returncode == 1 and sentence.startswith(f"{tmp_path / 'mine.py'}, line 5, ended with {kind}: ")
    assert "mend this file of your own" in sentence and "please report" not in sentence
    assert Path(re.search(r"kept in (\S+),", sentence)[1]).read_text().startswith("Traceback")


def test_a_fault_of_the_library_that_an_own_file_calls_is_the_programs(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from musicologist.core import levels\n\n\ndef load():\n    levels.of_tables(7)\n"
    )
    done = run("from musicologist.models import devices; devices.family('mine.py').load()", tmp_path)
    assert done.stderr.startswith("This is a fault of the program")


def test_where_nothing_can_be_written_the_traceback_goes_elsewhere(tmp_path):
    (tmp_path / "logs").write_text("a file where the folder of logs would be")
    done = run("1 / 0", tmp_path, TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert Path(re.search(r"kept in (\S+),", done.stderr)[1]).parent == tmp_path


SYSTEM = [
    "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EMFILE", "ENFILE", "ENAMETOOLONG", "EISDIR", "ENOTDIR", "EEXIST", "ENOENT",
    "ESTALE", "EIO", "ENOMEM", "ENXIO", "ELOOP", "ETXTBSY", "EBUSY", "EFBIG", "EAGAIN", "EINVAL", "ENOLCK", "ENOTCONN",
]  # fmt: skip


@pytest.mark.parametrize("name", SYSTEM)
def test_what_the_system_refuses_is_a_users_sentence(name):
    number = getattr(errno, name)
    said = errors.sentence_of(OSError(number, os.strerror(number), "results/x/a.tar"))
    assert "results/x/a.tar" in said and "run again; finished products are untouched" in said
    assert "fault of the program" not in said


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("open('/dev/full', 'w', buffering=1).write('x' * 9000)", "The disk is full"),
        ("open('.')", "Is a directory (.): a file was expected there"),
        ("open('a' * 300)", "File name too long"),
        ("open('nowhere/x')", "No such file or directory (nowhere/x): see that it is there and run again"),
        (
            "[open('/dev/null') for _ in range(99999)] if __import__('resource').setrlimit(7, (50, 50)) is None else 0",
            "ulimit -n",
        ),
        (
            "open('f', 'wb', 0).write(b'x' * 9999) and open('f', 'ab', 0).write(b'x')"
            " if __import__('resource').setrlimit(1, (5000, 5000)) is None else 0",
            "ulimit -f",
        ),
        ("raise MemoryError", "There is too little memory"),
    ],
)
def test_the_systems_own_refusals_are_sentences(body, sentence, tmp_path):
    done = run(body, tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_users_mistake_stays_what_it_is():
    assert errors.sentence_of(UserError("a.csv, line 3:\n no such column")) == "a.csv, line 3: no such column"


def test_every_script_ends_through_the_last_resort():
    for script in (ROOT / "scripts").glob("*.py"):
        assert "programs.run(main)" in script.read_text(encoding="utf-8"), script
