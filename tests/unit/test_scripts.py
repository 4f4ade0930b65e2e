"""Every script explains itself, quickly."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts").glob("*.py"))
HEAVY = {
    "torch",
    "transformers",
    "sklearn",
    "pandas",
    "pyarrow",
    "matplotlib",
    "scipy",
    "k_diffusion",
    "skops",
    "openai",
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_tells_what_a_script_does_and_loads_nothing_heavy(script):
    command = [sys.executable, "-X", "importtime", str(script), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "10000"})
    assert done.returncode == 0, done.stderr
    docstring = ast.get_docstring(ast.parse(script.read_text()))
    assert " ".join(docstring.split()) in " ".join(done.stdout.split())
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert HEAVY.isdisjoint(imported)
