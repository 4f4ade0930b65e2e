"""The files of envs/ as plain environments and as images: one list of versions. That they resolve: tests/workflow."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ENVS = Path(__file__).parents[3] / "envs"
_spec = importlib.util.spec_from_file_location("make_environments", ENVS / "make_environments.py")
make_environments = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_environments)
FILES = sorted(ENVS.rglob("*.yaml"))


def test_a_variant_puts_its_own_files_in_the_place_of_the_common_ones():
    assert make_environments.variants() == ["cuda13", "cuda12"]
    places = {variant: {make_environments.place(file).as_posix() for file in make_environments.files(variant)}
              for variant in make_environments.variants()}  # fmt: skip
    assert places["cuda13"] == {"analysis", "clap", "downloads", "generation", "prompts"}
    assert places["cuda12"] == {"analysis", "cuda12/clap", "downloads", "cuda12/generation", "prompts"}


@pytest.mark.parametrize("name", ["clap", "generation"])
def test_the_variants_differ_in_torch_and_its_cuda_alone(name):
    ours, older = (
        {package.split("=")[0]: package for package in make_environments.packages(file)}
        for file in (ENVS / f"{name}.yaml", ENVS / f"cuda12/{name}.yaml")
    )
    differing = {package for package in ours.keys() | older.keys() if ours.get(package) != older.get(package)}
    assert differing <= {"torch", "torchaudio", "torchvision", "cuda-toolkit", "nvidia-cuda-runtime-cu12"}
    assert ours["cuda-toolkit"].startswith("cuda-toolkit==13.") and "cuda12" not in ours
    assert older["nvidia-cuda-runtime-cu12"].startswith("nvidia-cuda-runtime-cu12==12.8.")
    scripts = [ENVS / f"{folder}{name}.post-deploy.sh" for folder in ("", "cuda12/")]
    assert scripts[0].read_text() == scripts[1].read_text()


@pytest.fixture
def uv(tmp_path, monkeypatch):
    """A stand-in for uv that makes a `python`, and writes down what it is asked to install."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    (tmp_path / "bin/uv").write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/asked\nif [ "$1" = venv ]; then\nfor folder; do :; done\n'
        'mkdir -p "$folder/bin" && printf "#!/bin/sh\\nexit 0\\n" > "$folder/bin/python" && chmod +x "$folder/bin/python"\nfi\n'
    )
    (tmp_path / "bin/uv").chmod(0o755)
    return tmp_path / "asked"


@pytest.mark.parametrize("file", FILES, ids=lambda file: make_environments.place(file).as_posix())
def test_everything_a_file_lists_is_installed_once(file, uv, tmp_path):
    folder = tmp_path / "made" / make_environments.place(file)
    make_environments.make(file, folder)
    asked = uv.read_text().splitlines()
    assert asked[asked.index("--python") + 1] == "3.11"
    conda, pip = make_environments.listed(file)
    versions = [package.replace("=", "==") for package in conda if not package.startswith(("python", "pip"))] + pip
    assert versions and set(versions) <= set(asked)
    make_environments.make(file, folder)
    assert uv.read_text().splitlines() == asked, "made already"


def test_an_environment_that_could_not_be_made_is_made_again(uv, tmp_path, capfd):
    uv.parent.joinpath("bin/uv").write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    with pytest.raises(SystemExit, match=r"`uv venv --quiet \.\.\.` failed"):
        make_environments.make(ENVS / "prompts.yaml", tmp_path / "made")
    assert not (tmp_path / "made/made_of").exists()


def steps(text: str) -> list[str]:
    """The commands of a Dockerfile's RUN lines or of a definition's %post."""
    if "%post" in text:
        lines = text.split("%post\n")[1].split("\n%")[0].splitlines()
        return [line.strip() for line in lines if line.strip() and not line.strip().startswith("VARIANT=")]
    return [line.removeprefix("RUN ") for line in text.splitlines() if line.startswith("RUN ")]


def test_images_are_made_by_the_same_steps_from_the_same_files():
    texts = [(ENVS / name).read_text() for name in ("Dockerfile", "apptainer.def")]
    assert steps(texts[0]) == steps(texts[1])
    assert any("make_environments.py --variant $VARIANT --folder /opt/environments" in step for step in steps(texts[0]))
    for text in texts:
        assert not re.search(r"[a-z]==\d", text), "versions stand in the environment files"
        assert re.search(r"(COPY|\s) *envs /opt/musicologist/envs", text)
        assert "MUSICOLOGIST_ENVIRONMENTS=/opt/environments" in text and "VARIANT=cuda13" in text
        images = re.findall(r"(?:FROM|From:) python:([\d.]+)-slim", text)
        assert images == [make_environments.python_version(file) for file in FILES][:1]
    assert {make_environments.python_version(file) for file in FILES} == {"3.11"}
    requirements = (ENVS.parent / "requirements.txt").read_text()
    assert all(re.search(rf"(?m)^{package}==", requirements) for package in ("uv", "PyYAML"))


def test_the_program_needs_no_more_than_the_images_install():
    imported = set(re.findall(r"(?m)^(?:import|from) (\w+)", (ENVS / "make_environments.py").read_text()))
    assert imported - set(sys.stdlib_module_names) == {"yaml"}


def test_every_rule_with_an_environment_calls_python_so_that_it_is_found_without_conda():
    """What rules/environments.smk recognises a rule's command by."""
    bodies = [
        body
        for file in (ENVS.parent / "rules").glob("*.smk")
        for body in re.split(r"(?m)^ *(?:use )?rule ", file.read_text())[1:]
    ]
    commands = [re.search(r'shell:\s+"(.*)', body) for body in bodies if re.search(r"(?m)^ *conda:", body)]
    assert len(commands) > 30
    assert all(command and command[1].startswith("python {params.script:q}") for command in commands)
    of_embedders = [body for body in bodies if re.search(r"conda:\s+environment_of_embedder", body)]
    assert len(of_embedders) == 4 and all("--family {params.family:q}" in body for body in of_embedders)
