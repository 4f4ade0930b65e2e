"""scikit-learn and skops as a program needs them that fits and writes probes and reads none: in under half the time.

Hundreds of jobs import them, which takes each longer than its work.
"""

import importlib
from types import ModuleType

from musicologist.core import lean
from musicologist.core.late import Late, in_place_of

_UNUSED = (
    "pandas", "pytest", "rich", "rich.progress",  # which scikit-learn imports where they are installed
    "sklearn.externals.array_api_compat.torch",
)  # fmt: skip
_SLOW = "scipy.stats"
_READERS = "skops.io._trusted_types"


class _Nothing(ModuleType):
    """In place of skops' lists of what may be read, for which it walks all of scikit-learn, SciPy and NumPy."""

    def __getattr__(self, name: str) -> list[str]:
        if name.startswith("__"):
            raise AttributeError(name)
        return []


def prepare() -> None:
    """Import them; to be called before anything else does."""
    with lean.without(*_UNUSED), in_place_of(Late(_SLOW), _Nothing(_READERS)):
        for name in ("sklearn.linear_model", "sklearn.svm", "skops.io"):
            importlib.import_module(name)
