"""The environments in envs/: Snakemake makes them through conda's commands, and a resolver finds their pip parts.

No conda channel is needed: one on this disk holds empty packages under the names that envs/ asks for, and a `python` that is
this one. `conda` itself is a stand-in (conda/bin/conda).
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, Checkout

ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
WITH_TORCH = ["clap.yaml", "generation.yaml"]
CONDA = Path(__file__).parent / "conda/bin"
TOOLS = ("uv==0.13.9", "py-rattler==0.28.0", "pyyaml==6.0.3")


def dependencies(file: Path) -> tuple[list[str], list[str]]:
    """What conda installs, and what pip does."""
    listed = yaml.safe_load(file.read_text())["dependencies"]
    pip = [package for part in listed if isinstance(part, dict) for package in part["pip"]]
    return [package for package in listed if isinstance(package, str)], pip


@pytest.fixture(scope="module")
def tools(tmp_path_factory) -> Path:
    """The folder of a Python with a resolver for each kind of package.

    The package registry is the one machine that tests ask beside their own, and only here and in what uv does.
    """
    folder = tmp_path_factory.mktemp("tools")
    venv.create(folder, with_pip=True)
    open_to_others = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # tests/loopback
    install = [folder / "bin/pip", "install", "--quiet", *TOOLS]
    done = subprocess.run(install, env=open_to_others, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a package registry is needed: {done.stderr.strip().splitlines()[-1]}")
    return folder / "bin"


@pytest.mark.parametrize("file", ENVIRONMENTS, ids=lambda file: file.stem)
def test_the_pip_part_is_pinned_and_resolves(file, tools, tmp_path):
    pip = dependencies(file)[1]
    assert all("==" in package or package == "setuptools<81" for package in pip)
    (tmp_path / "pip.in").write_text("\n".join(pip) + "\n")
    command = [tools / "uv", "pip", "compile", "--quiet", "--python-version=3.11", "--python-platform=linux", "pip.in"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ("nvidia-cudnn-" in done.stdout) == (file.name in WITH_TORCH), (
        "torch comes as a CUDA build, without a GPU here"
    )


def channel(folder: Path, python: str) -> None:
    """A channel of empty packages; `python` is a shell script."""
    index = {}
    for file in ENVIRONMENTS:
        for name, _, version in (package.partition("=") for package in dependencies(file)[0]):
            package = f"{name}-{version or '1.0'}-0.tar.bz2"
            record = {"name": name, "version": version or "1.0", "build": "0", "build_number": 0, "depends": []}
            record |= {"noarch": "generic", "subdir": "noarch"}
            files = {"info/index.json": json.dumps(record), "info/files": ""}
            if name == "python":
                files |= {"bin/python": python, "info/files": "bin/python\n"}
            (folder / "noarch").mkdir(parents=True, exist_ok=True)
            with tarfile.open(folder / "noarch" / package, "w:bz2") as archive:
                for path, text in files.items():
                    member = tarfile.TarInfo(path)
                    member.size, member.mode = len(text), 0o755
                    archive.addfile(member, io.BytesIO(text.encode()))
            digest = hashlib.sha256((folder / "noarch" / package).read_bytes()).hexdigest()
            index[package] = record | {"sha256": digest}
    (folder / "noarch/repodata.json").write_text(json.dumps({"info": {"subdir": "noarch"}, "packages": index}))
    (folder / "linux-64").mkdir(exist_ok=True)
    (folder / "linux-64/repodata.json").write_text(json.dumps({"info": {"subdir": "linux-64"}, "packages": {}}))


@pytest.fixture
def with_conda(tmp_path, tools, monkeypatch) -> Checkout:
    """A checkout whose environments come from the channel; their python says where it ran, and takes stubs from STUBS."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/conda").write_text(f'#!/bin/sh\nexec {tools}/python {CONDA}/conda "$@"\n')
    (tmp_path / "bin/conda").chmod(0o755)
    python = (
        f'#!/bin/sh\necho "$CONDA_PREFIX" >> {tmp_path}/ran\nPYTHONPATH={tmp_path}/stubs exec {sys.executable} "$@"\n'
    )
    channel(tmp_path / "channel", python)
    checkout = Checkout(tmp_path / "checkout")
    for file in ENVIRONMENTS:
        checkout.edit(f"envs/{file.name}", "[conda-forge, nodefaults]", f"[file://{tmp_path}/channel, nodefaults]")
    return checkout


def test_rules_run_in_their_environments(with_conda, tmp_path):
    with_conda.run("results/small/prompts/prompts.parquet", "--software-deployment-method", "conda")
    made = [yaml.safe_load(file.read_text()) for file in (with_conda / ".snakemake/conda").glob("*.yaml")]
    assert made == [yaml.safe_load((with_conda / "envs/prompts.yaml").read_text())]
    prefixes = set((tmp_path / "ran").read_text().split())
    assert len(prefixes) == 1 and Path(prefixes.pop()).parent == with_conda / ".snakemake/conda"


@pytest.mark.parametrize(("cuda", "code"), [("'13.0'", 0), ("None", 1)])
def test_an_environment_whose_torch_is_no_cuda_build_is_refused_where_it_is_made(with_conda, tmp_path, cuda, code):
    (tmp_path / "stubs/torch").mkdir(parents=True)
    (tmp_path / "stubs/torch/__init__.py").write_text(f"class version:\n    cuda = {cuda}\n")
    options = ("--conda-create-envs-only", "--software-deployment-method", "conda")
    done = with_conda.snakemake("results/small/embeddings/notes.parquet", *options)
    assert done.returncode == code, done.stdout + done.stderr
    assert "post-deploy script" in done.stderr
    assert ("is no CUDA build" in done.stderr) == bool(code)
