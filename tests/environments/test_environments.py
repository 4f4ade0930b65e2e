"""Every rule of a small run in an environment that pip makes of its envs/ file: it imports nothing that the file lacks.

Not part of `make test`: some 3 GB are downloaded. What conda itself does is tested in tests/workflow/test_environments.py.
"""

import os
import re
import subprocess
import venv
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, Checkout
from tests.workflow.test_environments import ENVIRONMENTS, dependencies

FOLDER = ROOT / ".environments"  # kept, and made anew when a file of envs/ changes
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # tests/loopback


def make(file: Path, folder: Path) -> None:
    """The environment of a file, conda's packages from pip too; its post-deploy script may say that torch is no CUDA build."""
    script = file.with_suffix(".post-deploy.sh")
    stamp, wanted = folder / "made_of", file.read_text() + (script.read_text() if script.exists() else "")
    if stamp.exists() and stamp.read_text() == wanted:
        return
    venv.create(folder, clear=True, with_pip=True)
    conda, pip = dependencies(file)
    packages = [package.replace("=", "==") for package in conda if not package.startswith(("python=", "pip"))] + pip
    subprocess.run([folder / "bin/pip", "install", "--quiet", *packages], env=ENVIRONMENT, check=True)
    if script.exists():
        path = {**ENVIRONMENT, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        done = subprocess.run(["sh", script], env=path, capture_output=True, text=True)
        assert done.returncode == 0 or "is no CUDA build" in done.stderr, done.stderr
    stamp.write_text(wanted)


def put_environments_into_rules(checkout: Checkout) -> set[str]:
    """Let each rule call the Python of its environment by path; returns the environments that rules use."""
    used = set()
    for file in (checkout / "rules").glob("*.smk"):
        rules = re.split(r"(?m)^(?= *(?:use )?rule )", file.read_text())
        for number, rule in enumerate(rules):
            conda = re.search(r'conda:\s+"\.\./envs/(\w+)\.yaml"', rule)
            if conda:
                assert '"python {params.script:q} ' in rule, rule
                used.add(conda[1])
                rules[number] = rule.replace('"python {params', f'"{FOLDER / conda[1]}/bin/python {{params')
        file.write_text("".join(rules))
    return used


@pytest.mark.parametrize("file", ENVIRONMENTS, ids=lambda file: file.stem)
def test_it_can_be_made(file):
    make(file, FOLDER / file.stem)


@pytest.mark.parametrize("targets", [(), ("commitment",)], ids=["all", "commitment"])
def test_a_small_run_finds_all_it_imports(tmp_path, targets):
    for file in ENVIRONMENTS:
        make(file, FOLDER / file.stem)
    checkout = Checkout(tmp_path)
    assert put_environments_into_rules(checkout) == {file.stem for file in ENVIRONMENTS}
    checkout.run(*targets)
