"""The environments in envs/: Snakemake makes them through conda's commands, and a resolver finds their pip parts.

No conda channel is needed: one on this disk holds empty packages under the names that envs/ asks for, and a `python` that is
this one. `conda` itself is a stand-in (conda/bin/conda).
"""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, Checkout

ENVIRONMENTS = sorted((ROOT / "envs").rglob("*.yaml"))
CUDA_OF = {"clap": "13.", "generation": "13.", "cuda12/clap": "12.8", "cuda12/generation": "12.8"}
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


def name_of(file: Path) -> str:
    """``cuda12/clap`` of envs/cuda12/clap.yaml."""
    return file.relative_to(ROOT / "envs").with_suffix("").as_posix()


@pytest.mark.parametrize("file", ENVIRONMENTS, ids=name_of)
def test_the_pip_part_is_pinned_and_resolves(file, tools, tmp_path):
    pip = dependencies(file)[1]
    assert all("==" in package or package == "setuptools<81" for package in pip)
    (tmp_path / "pip.in").write_text("\n".join(pip) + "\n")
    command = [tools / "uv", "pip", "compile", "--quiet", "--python-version=3.11", "--python-platform=linux", "pip.in"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cuda = re.findall(r"(?m)^nvidia-cuda-runtime(?:-cu12)?==(\S+)", done.stdout)
    cudnn = re.findall(r"(?m)^nvidia-cudnn-cu(\d+)==", done.stdout)
    expected = CUDA_OF.get(name_of(file))
    assert len(cuda) == len(cudnn) == bool(expected), "torch comes as a CUDA build, without a GPU here"
    assert not expected or (cuda[0].startswith(expected) and cudnn[0] == expected[:2])


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
        checkout.edit(
            f"envs/{name_of(file)}.yaml", "[conda-forge, nodefaults]", f"[file://{tmp_path}/channel, nodefaults]"
        )
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


PLACES = ["analysis", "cuda12/clap", "cuda12/generation", "downloads", "prompts"]


@pytest.fixture
def without_conda(tmp_path) -> Checkout:
    """A checkout with the folder that `make environments VARIANT=cuda12` makes; each python writes down that it ran."""
    checkout = Checkout(tmp_path / "checkout")
    checkout.configuration("variant.yaml", ("device: auto", "device: auto\nenvironments: cuda12"))
    for place in PLACES:
        python = checkout / f".environments/{place}/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\necho {place} >> {tmp_path}/ran\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
    return checkout


def test_without_conda_rules_run_in_the_environments_of_their_variant(without_conda, tmp_path):
    without_conda.run("results/small/prompts/prompts.parquet", "gpu_check", config="variant.yaml")
    expected = ["cuda12/clap", "cuda12/generation", "downloads", "prompts"]
    assert sorted(set((tmp_path / "ran").read_text().split())) == expected
    found = json.loads((without_conda / "results/small/gpu_check.json").read_text())
    assert found["hours"]["sampling"] > 0 and "CPU-hours" in found["findings"][-1]
    assert not list((without_conda / "results/small/gpu_check").glob("*.json")), "the parts are temporary"


def test_an_environment_that_was_not_made_is_said_first(without_conda):
    (without_conda / ".environments/cuda12/clap/bin/python").unlink()
    done = without_conda.snakemake("-n", config="variant.yaml")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "holds no environment cuda12/clap: `make environments VARIANT=cuda12` makes it" in done.stderr


def test_a_family_of_embedders_names_its_environment(without_conda, tmp_path):
    own = (without_conda / "examples/own_embedder.py").read_text() + '\nENVIRONMENT = "own"\n'
    (without_conda / "own.py").write_text(own)
    embedders = ("  clap: resources/models/clap\n", "  embedders: {clap: resources/models/clap, own: own.py}\n")
    variant = ("device: auto", "device: auto\nenvironments: cuda12")
    config = without_conda.configuration("own.yaml", embedders, variant, ("count: 330", "count: 110"))
    done = without_conda.snakemake("-n", config=config)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "models.embedders.own is own.py, whose ENVIRONMENT is 'own'" in done.stderr
    (without_conda / "envs/own.yaml").write_bytes((without_conda / "envs/clap.yaml").read_bytes())
    shutil.copytree(without_conda / ".environments/cuda12/clap", without_conda / ".environments/own")
    without_conda.edit(".environments/own/bin/python", "cuda12/clap", "own")
    notes = "embeddings/shards/notes_0000.parquet"
    without_conda.run(f"results/small/embedders/own/{notes}", config=config)
    assert sorted(set((tmp_path / "ran").read_text().split())) == ["analysis", "own"]
    without_conda.run(f"results/small/{notes}", config=config)
    assert sorted(set((tmp_path / "ran").read_text().split())) == ["analysis", "cuda12/clap", "own"]


def test_in_an_image_rules_run_in_its_environments(tmp_path):
    checkout = Checkout(tmp_path / "checkout")
    options = ("results/small/prompts/prompts.parquet", "--software-deployment-method", "apptainer")
    done = checkout.snakemake(*options)
    assert done.returncode == 1 and "apptainer build --build-arg VARIANT=cuda13 musicologist_cuda13.sif" in done.stderr
    (checkout / "musicologist_cuda13.sif").touch()
    # a stand-in: `apptainer exec OPTIONS IMAGE SHELL -c COMMAND` runs the command here, with the image's environments
    place = tmp_path / "image/prompts/bin/python"
    place.parent.mkdir(parents=True)
    place.write_text(f'#!/bin/sh\necho ran >> {tmp_path}/ran\nexec {sys.executable} "$@"\n')
    place.chmod(0o755)
    apptainer = tmp_path / "bin/apptainer"
    apptainer.parent.mkdir()
    apptainer.write_text(
        '#!/bin/sh\nif [ "$1" = --version ]; then echo apptainer version 1.3.4; exit; fi\n'
        f'export MUSICOLOGIST_ENVIRONMENTS={tmp_path}/image\nwhile [ "$1" != -c ]; do shift; done\nexec bash -c "$2"\n'
    )
    apptainer.chmod(0o755)
    path = f"{apptainer.parent}{os.pathsep}{checkout.environment['PATH']}"
    command = checkout.command(*options)
    done = subprocess.run(
        command, cwd=checkout.path, env={**checkout.environment, "PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "ran").read_text().split()
