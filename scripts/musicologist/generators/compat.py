"""Makes k-diffusion importable without the image packages that its metrics need.

Import this before stable_audio_tools or k_diffusion. Where the real package loads it changes nothing.
"""

import importlib
import sys
import types
from importlib.machinery import PathFinder

from musicologist.models import compat  # noqa: F401  (before what it repairs)

_VISION = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")


def _repair_k_diffusion() -> None:
    """k-diffusion's package imports image metrics; the samplers alone need none of them."""
    try:
        import k_diffusion  # noqa: F401
    except ImportError:
        for name in [name for name in sys.modules if name.split(".")[0] in ("k_diffusion", "torchvision")]:
            del sys.modules[name]
        _load_samplers()


def _load_samplers() -> None:
    specification = PathFinder.find_spec("k_diffusion")
    if specification is None:
        return
    package = types.ModuleType("k_diffusion")
    package.__path__ = list(specification.submodule_search_locations)
    package.__spec__ = specification
    sys.modules["k_diffusion"] = package
    for name in _VISION:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = []
    sys.modules["torchvision.transforms"].functional = sys.modules["torchvision.transforms.functional"]
    try:
        for name in ("utils", "sampling", "external"):
            setattr(package, name, importlib.import_module(f"k_diffusion.{name}"))
    finally:
        for name in _VISION:
            del sys.modules[name]


_repair_k_diffusion()
