"""What notebooks use: the public face, its version, the examples, and an installation of the library alone."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import musicologist
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXAMPLES = ("own_arrays", "own_classifier")


def test_there_is_one_version_and_all_say_it():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert musicologist.__version__ == version
    assert re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE).group(1) == version
    assert re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE).group(1) == version


def test_the_public_names_are_there_and_no_others():
    public = __import__("musicologist.public", fromlist=["__all__"])
    for name in public.__all__:
        assert getattr(musicologist, name) is getattr(public, name)
    with pytest.raises(AttributeError, match="has no attribute 'mesure'"):
        _ = musicologist.mesure


def test_importing_the_package_loads_nothing():
    code = "import sys, musicologist; print(sorted(n for n in sys.modules if n.startswith(('musicologist', 'numpy'))))"
    done = run([sys.executable, "-c", code], ROOT / "scripts")
    assert done.stdout.strip() == "['musicologist']"


def test_a_probe_hears_every_level():
    class Sum:
        def decision_function(self, embeddings):
            return embeddings.sum(1)

    embeddings = np.arange(24.0).reshape(2, 3, 4)
    assert np.array_equal(musicologist.decisions(Sum(), embeddings), embeddings.sum(2))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The library as `pip install .` lays it down, from a copy: a build leaves files beside its sources."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in names.stdout.splitlines():
        if name.startswith("scripts/musicologist/") or name in ("pyproject.toml", "README.md", "LICENSE"):
            if not (ROOT / name).is_file():
                continue
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    run([*pip, "--target", str(target), str(source)], source)
    return target


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_gives_a_curve_and_a_picture(installed, tmp_path, example):
    done = run([sys.executable, str(ROOT / f"examples/{example}.py"), str(tmp_path / "curve.png")], installed)
    assert re.fullmatch(r"emerged; sigma50 [\d.]+ \[[\d.]+, [\d.]+\]\n", done.stdout)
    sigma50, low, high = map(float, re.findall(r"[\d.]+", done.stdout.split("sigma50")[1]))
    assert low < sigma50 < high
    assert low > 5 and high < 50  # it comes up around sigma 10
    assert Image.open(tmp_path / "curve.png").size[0] > 600


def test_the_example_of_an_embedder_tells_a_low_tone_from_a_high_one(tmp_path):
    done = run([sys.executable, str(ROOT / "examples/own_embedder.py")], tmp_path)
    low, high = map(int, re.findall(r"Loudest bands: (\d+) and (\d+) of 64", done.stdout)[0])
    assert low < 8 < 24 < high


def test_what_is_installed_knows_its_version(installed, tmp_path):
    done = run([sys.executable, "-c", "import musicologist; print(musicologist.__version__)"], installed)
    assert done.stdout.strip() == musicologist.__version__


def run(command, path):
    environment = {**os.environ, "PYTHONPATH": str(path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=Path(path))
    assert done.returncode == 0, done.stderr
    return done
