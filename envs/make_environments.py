"""Make the environments of this folder as plain virtual environments, with uv: where conda is missing or not wanted.

`envs/NAME.yaml` becomes `FOLDER/NAME`, and `envs/VARIANT/NAME.yaml` becomes `FOLDER/VARIANT/NAME`; where the file has not
changed since, nothing is done. The same program fills the images of apptainer.def and Dockerfile: one list of versions.

    python envs/make_environments.py --variant cuda13 --folder .environments
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
DEFAULT_VARIANT = "cuda13"
"""Its files lie in this folder itself; another variant's, of the same names, in a folder of the variant's name."""


def main() -> None:
    """Make each environment that a run with this variant may use."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", choices=variants(), default=DEFAULT_VARIANT, help="the key `environments`")
    parser.add_argument("--folder", type=Path, default=Path(".environments"))
    parser.add_argument("names", nargs="*", help="only these")
    arguments = parser.parse_args()
    for file in files(arguments.variant):
        if not arguments.names or file.stem in arguments.names:
            print(f"{file.relative_to(HERE.parent)} -> {arguments.folder / place(file)}", file=sys.stderr, flush=True)
            make(file, arguments.folder / place(file))


def variants() -> list[str]:
    """The variants that there are, the default first."""
    return [DEFAULT_VARIANT, *sorted({file.parent.name for file in HERE.glob("*/*.yaml")})]


def files(variant: str) -> list[Path]:
    """The environment files that a run with this variant uses: its own, and the common ones where it has none."""
    return [file if not (own := HERE / variant / file.name).exists() else own for file in sorted(HERE.glob("*.yaml"))]


def place(file: Path) -> Path:
    """Where an environment lies in the folder of all."""
    return file.resolve().relative_to(HERE).with_suffix("")


def listed(file: Path) -> tuple[list[str], list[str]]:
    """What conda installs, and what pip does, as the file has it."""
    parts = yaml.safe_load(file.read_text(encoding="utf-8"))["dependencies"]
    pip = [package for part in parts if isinstance(part, dict) for package in part["pip"]]
    return [package for package in parts if isinstance(package, str)], pip


def python_version(file: Path) -> str:
    """The version of Python that the file asks for."""
    return next(package.partition("=")[2] for package in listed(file)[0] if package.startswith("python="))


def packages(file: Path) -> list[str]:
    """Everything the file lists but Python and pip, as requirements of pip: conda's packages have the same names there."""
    conda, pip = listed(file)
    return [package.replace("=", "==") for package in conda if not package.startswith(("python=", "pip"))] + pip


def make(file: Path, folder: Path, environment: dict[str, str] | None = None) -> None:
    """The environment of ``file`` in ``folder``, with its post-deploy script run in it; SystemExit with what went wrong."""
    script = file.with_suffix(".post-deploy.sh")
    stamp = folder / "made_of"
    wanted = file.read_text(encoding="utf-8") + (script.read_text(encoding="utf-8") if script.exists() else "")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    environment = dict(os.environ if environment is None else environment)
    stamp.unlink(missing_ok=True)
    _run(["uv", "venv", "--quiet", "--clear", "--seed", "--python", python_version(file), str(folder)], environment)
    install = ["uv", "pip", "install", "--quiet", "--python", str(folder / "bin/python")]
    _run([*install, *packages(file)], environment)
    if script.exists():
        path = f"{folder.absolute() / 'bin'}{os.pathsep}{environment['PATH']}"
        _run(["sh", str(script)], {**environment, "PATH": path})
    stamp.write_text(wanted, encoding="utf-8")


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    try:
        code = subprocess.run(command, env=environment).returncode
    except FileNotFoundError:
        sys.exit(f"There is no {command[0]} on PATH: `pip install uv`, or start with `make environments`.")
    if code:
        sys.exit(f"`{' '.join(command[:3])} ...` failed: see what it says above; what is finished is kept.")


if __name__ == "__main__":
    main()
