"""Makes the library under scripts/ importable, as it is for the scripts themselves, and cuts the network."""

import os
import sys
from pathlib import Path

LOOPBACK = str(Path(__file__).parent / "loopback")

os.environ.setdefault("OMP_NUM_THREADS", "1")  # spinning threads cost a factor of ten on a shared machine
os.environ.setdefault("MUSICOLOGIST_TERMINAL", "full")  # Snakemake's own lines, which tests read
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (LOOPBACK, os.environ.get("PYTHONPATH"))))
sys.path[:0] = [str(Path(__file__).parents[1] / "scripts"), LOOPBACK]
sys.modules.pop("sitecustomize", None)  # the system's own
import sitecustomize  # noqa: E402, F401


def pytest_configure(config):
    """Searching tests take many examples where they are asked for by name, else a few."""
    from hypothesis import settings

    alone = config.option.markexpr.strip() == "properties"
    settings.register_profile("here", max_examples=500 if alone else 8, database=None, derandomize=not alone)
    settings.load_profile("here")
