"""scikit-learn and skops as a program needs them that fits and writes probes and reads none: in under half the time.

Hundreds of jobs import them, which takes each longer than its work.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from musicologist.core import lean

_UNUSED = (
    "pandas", "pytest", "rich", "rich.progress",  # which scikit-learn imports where they are installed
    "sklearn.externals.array_api_compat.torch",
)  # fmt: skip
_SLOW = "scipy.stats"
_READERS = "skops.io._trusted_types"


class _Late(ModuleType):
    """In place of a module that takes long to import: that is imported when something of it is used, in most jobs never."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Late(f"{self.__name__}:{name}")

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        package, *names = self.__name__.split(":")
        found: Any = importlib.import_module(package)
        for name in names:
            found = getattr(found, name)
        return found(*arguments, **named)


class _Nothing(ModuleType):
    """In place of skops' lists of what may be read, for which it walks all of scikit-learn, SciPy and NumPy."""

    def __getattr__(self, name: str) -> list[str]:
        if name.startswith("__"):
            raise AttributeError(name)
        return []


@contextmanager
def _in_place_of(*modules: ModuleType) -> Iterator[None]:
    """Within the block these stand for modules of their names that were not imported before."""
    mine = [module for module in modules if module.__name__ not in sys.modules]
    sys.modules.update({module.__name__: module for module in mine})
    try:
        yield
    finally:
        for module in mine:
            del sys.modules[module.__name__]


def prepare() -> None:
    """Import them; to be called before anything else does."""
    with lean.without(*_UNUSED), _in_place_of(_Late(_SLOW), _Nothing(_READERS)):
        for name in ("sklearn.linear_model", "sklearn.svm", "skops.io"):
            importlib.import_module(name)
