"""Imports that do without what they would find.

Libraries look for others that they can work with and import those that are installed: pandas, torch, pytest. That takes each of
hundreds of jobs longer than its work.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


def is_program() -> bool:
    """Whether this process is one of the scripts, and no notebook or test that uses the library."""
    return hasattr(sys.modules.get("__main__"), "programs")


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Within the block these packages, as far as they were not imported before, cannot be."""

    class Refusing:
        """Asked before all others where a module is."""

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            if name in packages:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Refusing)
    try:
        yield
    finally:
        sys.meta_path.remove(Refusing)
