"""Packages that import where they are not whole: ``from musicologist.models.compat import k_diffusion``, or ``torchaudio``.

A name is repaired when it is imported from here, before transformers (torchaudio) or stable_audio_tools (k_diffusion) look for
it. Where the real package loads nothing is changed; where there is none the name is None.
"""

import importlib
import sys
import types
from importlib.machinery import PathFinder
from typing import Any

_VISION = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")


def __getattr__(name: str) -> Any:
    """The package of this name, repaired."""
    if name not in ("torchaudio", "k_diffusion"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = _torchaudio()
    return package if name == "torchaudio" else _k_diffusion()


def _torchaudio() -> types.ModuleType | None:
    """PyPI's torchaudio is linked against CUDA; beside a CPU build its compiled part fails, its transforms do not need it."""
    try:
        import torchaudio
    except ImportError:
        return None
    except OSError:
        _forget("torchaudio")
        extension: Any = types.ModuleType("torchaudio._extension")
        extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
        extension._IS_ALIGN_AVAILABLE = False
        extension._check_cuda_version = lambda: None
        extension.fail_if_no_align = lambda function: function
        sys.modules["torchaudio._extension"] = extension
        import torchaudio
    return torchaudio


def _k_diffusion() -> types.ModuleType | None:
    """k-diffusion's package imports image metrics, and packages for them; the samplers alone need none of them."""
    try:
        import k_diffusion
    except ImportError:
        _forget("k_diffusion", "torchvision")
        return _samplers()
    return k_diffusion


def _samplers() -> types.ModuleType | None:
    specification = PathFinder.find_spec("k_diffusion")
    if specification is None:
        return None
    package = types.ModuleType("k_diffusion")
    package.__path__ = list(specification.submodule_search_locations or ())
    package.__spec__ = specification
    sys.modules["k_diffusion"] = package
    for name in _VISION:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = []
    transforms: Any = sys.modules["torchvision.transforms"]
    transforms.functional = sys.modules["torchvision.transforms.functional"]
    try:
        for name in ("utils", "sampling", "external"):
            setattr(package, name, importlib.import_module(f"k_diffusion.{name}"))
    finally:
        for name in _VISION:
            del sys.modules[name]
    return package


def _forget(*packages: str) -> None:
    """What of these packages was imported before their import failed."""
    for name in [name for name in sys.modules if name.split(".")[0] in packages]:
        del sys.modules[name]
