"""Modules that are imported when something of them is called, in most jobs never."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class Late(ModuleType):
    """In place of a module that takes long to import, for packages that import it whether they use it or not."""

    def __getattr__(self, name: str) -> Any:
        """What stands for a name of the module."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Late(f"{self.__name__}:{name}")

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Import the module and call what this stands for."""
        package, *names = self.__name__.split(":")
        found: Any = importlib.import_module(package)
        for name in names:
            found = getattr(found, name)
        return found(*arguments, **named)


@contextmanager
def in_place_of(*modules: ModuleType) -> Iterator[None]:
    """Within the block these stand for modules of their names that were not imported before."""
    mine = [module for module in modules if module.__name__ not in sys.modules]
    sys.modules.update({module.__name__: module for module in mine})
    try:
        yield
    finally:
        for module in mine:
            del sys.modules[module.__name__]
