"""What a job computes with: the module that loads its model, its device, and how much its memory takes at once."""

import gc
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from musicologist.core.errors import UserError

T = TypeVar("T")

PRECISIONS = ("float32", "tf32", "bfloat16", "float16")
HALF = PRECISIONS[2:]
"""Those in which networks compute with half the bits (``half``); TF32 is a switch of the device (``resolve``)."""


def family(name: str) -> ModuleType:
    """The module of a dotted name, or in a file ``NAME.py``: what is loaded by name stands under a digest of its own.

    Raises UserError where the file is missing or cannot be imported.
    """
    if not name.endswith(".py"):
        return importlib.import_module(name)
    specification = importlib.util.spec_from_file_location(Path(name).stem, name)
    assert specification and specification.loader, "any name that ends in .py has both"
    found = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(found)
    except Exception as error:
        raise UserError(
            f"{name} cannot be imported ({type(error).__name__}: {error}): expected a Python file."
        ) from None
    return found


def resolve(device: str, precision: str = "float32") -> str:
    """``cpu`` or ``cuda`` for ``auto``, ``cpu`` or ``cuda``; UserError where cuda is asked for and no GPU is seen.

    Switches TF32 off unless ``precision`` is ``tf32``: with it a clip changes a little with the batch it is in.
    """
    import torch

    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "The configuration says device: cuda, but this job sees no GPU: start it on a GPU node (check the queue and the "
            "driver), or set device: auto."
        )
    return device


def half(device: str, precision: str) -> AbstractContextManager[Any]:
    """Where networks compute in half precision if asked to; what needs all bits switches ``torch.autocast`` off for itself."""
    import torch

    return torch.autocast(device, getattr(torch, precision)) if precision in HALF else nullcontext()


def check_modules(wanted: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """UserError where an environment module that the job was to load is not loaded.

    Snakemake goes on when ``module load`` fails. A module counts as loaded under its own name, as part of a site's name
    (``CUDA/12.4.0``), or as the alias that it was loaded by; both programs that provide ``module`` set LOADEDMODULES.
    """
    loaded = environment.get("LOADEDMODULES", "")
    known = f"{loaded}:{environment.get('__MODULES_LMALTNAME', '')}".lower()
    missing = [name for name in wanted if name.lower() not in known]
    if missing:
        raise UserError(
            f"The module {missing[0]} is not loaded in this job (loaded: {loaded.replace(':', ', ') or 'none'}): see what "
            f"`module load {missing[0]}` says on a GPU node; profiles/README.md says how a site gives its modules these names."
        )


class BatchSize:
    """How many clips go through a model at once: as configured, halved whenever the memory does not take them.

    Once halved it stays so for the rest of the job. A batch that did not fit is done again, so nothing is lost.
    """

    def __init__(self, key: str, clips: int) -> None:
        """Start with ``clips``, the value of the configuration's ``key``."""
        self.key, self.configured, self.size = key, clips, clips

    def fit(self, work: Callable[[int], T]) -> T:
        """``work(size)`` at the largest size that fits; UserError where memory does not take a single clip."""
        while True:
            try:
                return work(self.size)
            except RuntimeError as error:
                if not _out_of_memory(error):
                    raise
            self._halve()  # here, for the error above holds the failed batch's tensors

    def batches(self, items: Any, work: Callable[[Any], T]) -> Iterator[tuple[Any, T]]:
        """Yield (batch, ``work(batch)``) over ``items``, a list or a tensor, in their order."""
        start = 0
        while start < len(items):
            result = self.fit(lambda size, start=start: work(items[start : start + size]))  # type: ignore[misc]
            yield items[start : start + self.size], result
            start += self.size

    def __str__(self) -> str:
        """For the log: the size, and what was configured where that was more."""
        return str(self.size) if self.size == self.configured else f"{self.size} ({self.key} is {self.configured})"

    def _halve(self) -> None:
        import torch

        if self.size == 1:
            raise UserError(
                f"The memory of this job's device does not take a single clip (down from {self.key}: {self.configured}): "
                "use a GPU with more memory, and see that no other program holds it."
            )
        self.size = -(-self.size // 2)
        print(
            f"Out of memory: going on with batches of {self.size} ({self.key} is {self.configured}).", file=sys.stderr
        )
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _out_of_memory(error: RuntimeError) -> bool:
    """Whether PyTorch, cuBLAS, cuDNN or the CPU's allocator says so; only the first has a class of its own."""
    import torch

    signs = ("out of memory", "_STATUS_ALLOC_FAILED", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in signs)
