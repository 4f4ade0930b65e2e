"""Every rule of a small run in the environments that `make environments` makes: it imports nothing that its file lacks.

Not part of `make test`: some 6 GB are downloaded. What conda itself does is tested in tests/workflow/test_environments.py.
"""

import importlib.util
import os

import pytest

from tests.slurm.cluster import MODULES, Cluster, why_not
from tests.workflow.conftest import ROOT, Checkout

FOLDER = ROOT / ".cache/environments"  # kept, and made anew when a file of envs/ changes
_spec = importlib.util.spec_from_file_location("make_environments", ROOT / "envs/make_environments.py")
make_environments = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_environments)
VARIANTS = make_environments.variants()
OPEN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # tests/loopback


def with_environments(checkout: Checkout, variant: str) -> str:
    """Make the environments and put them into a checkout as `make environments` does; returns its configuration.

    Each python writes down that it ran, in the file `ran`.
    """
    for file in make_environments.files(variant):
        place = make_environments.place(file)
        make_environments.make(file, FOLDER / place, OPEN)
        python = checkout / f".environments/{place}/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\necho {place} >> {checkout / "ran"}\nexec {FOLDER / place}/bin/python "$@"\n')
        python.chmod(0o755)
    return checkout.configuration("variant.yaml", ("device: auto", f"device: auto\nenvironments: {variant}"))


def places(variant: str) -> set[str]:
    """The environments of a variant that a run with the bundled models uses."""
    return {make_environments.place(file).as_posix() for file in make_environments.files(variant)} - {"downloads"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_environments_can_be_made(variant):
    for file in make_environments.files(variant):
        make_environments.make(file, FOLDER / make_environments.place(file), OPEN)


@pytest.mark.parametrize("targets", [(), ("commitment",)], ids=["all", "commitment"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_small_run_finds_all_it_imports(tmp_path, variant, targets):
    checkout = Checkout(tmp_path)
    config = with_environments(checkout, variant)
    checkout.run(*targets, config=config)
    assert set((checkout / "ran").read_text().split()) == places(variant)


def test_a_small_run_through_the_slurm_profile_without_conda(tmp_path, monkeypatch):
    if why_not() or not Cluster().alive("slurmctld"):
        pytest.skip(
            f"a Slurm on this machine is needed: {why_not() or '`python tests/slurm/cluster.py up` starts one'}"
        )
    monkeypatch.setenv("MODULEPATH", str(MODULES))  # the site's
    checkout = Checkout(tmp_path)
    config = with_environments(checkout, "cuda12")
    options = (
        "--profile",
        "profiles/slurm",
        "--sdm",
        "env-modules",
        "--safe-slurm-init-seconds-before-status-checks",
        "3",
    )
    checkout.run("gpu_check", *options, config=config)
    checkout.run(*options, config=config)
    assert set((checkout / "ran").read_text().split()) == places("cuda12") | {"downloads"}
