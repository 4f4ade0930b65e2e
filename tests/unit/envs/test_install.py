"""envs/install.sh with a stand-in for Python: what it says, refuses, and does after a cut."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PYTHON = """#!/bin/sh
case "$1 $2" in
    "-c "*path*) echo {headers} ;;
    "-c "*) echo {version} ;;
    "-m venv")
        [ "$3" = --clear ] && rm -rf "$4" && shift
        mkdir -p "$3/bin"; echo "venv $3" >> {log}; cp "$0" "$3/bin/python"
        printf '#!/bin/sh\\necho "$@" >> {log}\\nexit $(cat {code})\\n' > "$3/bin/pip"; chmod +x "$3/bin/pip" ;;
esac
"""


class Place:
    """A checkout with the script alone, and an interpreter that only pretends."""

    def __init__(self, path: Path) -> None:
        self.path, self.log, self.code = path, path / "log", path / "code"
        (path / "envs").mkdir()
        shutil.copy(ROOT / "envs/install.sh", path / "envs/install.sh")
        self.code.write_text("0")
        for name in ("bin/c++", "include/Python.h"):
            (path / name).parent.mkdir()
            (path / name).touch(0o755)

    def python(self, version: str) -> str:
        python = self.path / f"python{version}"
        python.write_text(PYTHON.format(version=version, log=self.log, code=self.code, headers=self.path / "include"))
        python.chmod(0o755)
        return str(python)

    def install(self, python: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.path}/bin:/usr/bin:/bin", **variables}
        command = ["sh", "envs/install.sh", python, ".venv"]
        return subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True)

    def did(self) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_it_says_what_it_takes_and_installs_what_is_pinned(place, version):
    done = place.install(place.python(version))
    assert done.returncode == 0, done.stderr
    assert f"(Python {version}): a download of up to" in done.stdout and "GB are free" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    venv, first, second = place.did()
    assert venv == "venv .venv"
    assert first.endswith("--requirement requirements.txt --constraint constraints.txt") and "index" not in first
    assert second.endswith("--no-deps --requirement requirements-nodeps.txt")
    assert not (place.path / ".venv/.installing").exists()
    assert place.install(place.python(version)).returncode == 0
    assert not any(line.startswith("venv") for line in place.did()), "a whole environment is only brought up to date"


def test_after_a_cut_and_for_another_python_it_is_begun_anew(place):
    place.code.write_text("1")
    assert place.install(place.python("3.12")).returncode == 1
    assert (place.path / ".venv/.installing").exists()
    place.code.write_text("0")
    place.did()
    assert place.install(place.python("3.12")).returncode == 0
    assert place.did()[0] == "venv .venv"
    assert place.install(place.python("3.13")).returncode == 0
    assert place.did()[0] == "venv .venv"


def test_what_is_missing_to_compile_a_package_is_said_before_anything_is_downloaded(place):
    (place.path / "include/Python.h").unlink()
    done = place.install(place.python("3.13"))
    assert done.returncode == 1 and "g++ python3-dev" in done.stderr and not place.did()
    assert place.install(place.python("3.12")).returncode == 0


def test_cpu_builds_are_taken_where_there_is_no_driver_and_an_index_is_named(place):
    driver = os.path.exists("/proc/driver/nvidia/version") or shutil.which("nvidia-smi", path="/usr/bin:/bin")
    done = place.install(place.python("3.12"), CPU_INDEX="https://example.org/cpu")
    assert done.returncode == 0
    assert [("--extra-index-url=https://example.org/cpu" in line) for line in place.did()[1:]] == [not driver] * 2
    assert ("a CPU build of torch" in done.stdout) == (not driver)


def test_without_a_fitting_python_there_is_one_sentence(place):
    for python, sentence in (
        ("", "No Python 3.11, 3.12 or 3.13"),
        (place.python("3.14"), "is Python 3.14: versions 3.11, 3.12 and 3.13 will do"),
        ("/nowhere/python3.12", "/nowhere/python3.12 does not start"),
    ):
        done = place.install(python)
        assert done.returncode == 1 and sentence in done.stderr
        assert not (place.path / ".venv").exists()
