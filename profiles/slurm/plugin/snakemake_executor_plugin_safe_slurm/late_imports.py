"""Importing the official plugin without pandas, which its efficiency report alone needs.

Snakemake imports every executor that is installed whenever it starts, in each job on a cluster too; pandas took a
quarter of that.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """Stands for a module, which is imported when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def late(name: str) -> Iterator[None]:
    """What is imported here gets a module that is loaded at its first use; what is imported afterwards, the module itself."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = stand_in = _Late(name)
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
