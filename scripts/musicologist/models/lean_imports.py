"""transformers and stable-audio-tools as a program needs them that runs models on a CPU: in under two thirds of the time.

They import torch's compiler, tensors that lie on several machines and losses for training, for the sake of a decorator, a
setting or a type: that takes each job about two seconds, and 70 to 115 MB. What asks for the compiler later gets it. In a
notebook, and where there is a GPU, on which networks are compiled, nothing is left out.
"""

import importlib
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import wraps
from typing import Any
from unittest.mock import patch

from musicologist.core import lean
from musicologist.core.late import Late, in_place_of
from musicologist.models import compat


def transformers() -> None:
    """Import what every model of it needs; to be called before its parts are imported."""
    _ = compat.torchaudio
    with _without_compiler():
        importlib.import_module("transformers.modeling_utils")
        with suppress(ModuleNotFoundError):  # older ones have none
            importlib.import_module("transformers.masking_utils")


def stable_audio_tools() -> None:
    """Import what every model of it needs; to be called before its parts are imported."""
    _ = compat.k_diffusion
    with _without_compiler() as without:
        transformer: Any = importlib.import_module("stable_audio_tools.models.transformer")
    if without and not hasattr(transformer.checkpoint, "__wrapped__"):
        transformer.checkpoint = _when_trained(transformer.checkpoint)


def signal() -> None:
    """Import SciPy's signal processing, which imports all of its statistics to find peaks."""
    with in_place_of(Late("scipy.stats")):
        importlib.import_module("scipy.signal")


@contextmanager
def _without_compiler() -> Iterator[bool]:
    """Gives whether anything is left out."""
    import torch

    if not lean.is_program() or torch.cuda.is_available():
        yield False
        return
    losses: Any = types.ModuleType("transformers.loss.loss_utils")
    losses.LOSS_MAPPING = {}
    with ExitStack() as stack:
        for name in ("allow_in_graph", "disable"):
            stack.enter_context(patch.object(torch.compiler, name, _as_it_is))
        stack.enter_context(patch.object(torch.distributed, "is_available", lambda: False))
        stack.enter_context(in_place_of(losses, Late("torch._dynamo._trace_wrapped_higher_order_op")))
        if "_dynamo" not in vars(torch):
            vars(torch)["_dynamo"] = _Decorators()
            stack.callback(_restore, vars(torch))
        yield True


def _restore(names: dict[str, Any]) -> None:
    """Take the stand-in away, unless something imported the compiler itself meanwhile."""
    if isinstance(names["_dynamo"], _Decorators):
        del names["_dynamo"]


def _when_trained(checkpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Checkpointing, which imports the compiler, where gradients are wanted; elsewhere the function alone: the same result."""
    import torch

    @wraps(checkpoint)
    def called(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        if torch.is_grad_enabled():
            return checkpoint(function, *arguments, **named)
        return function(*arguments, **named)

    return called


def _as_it_is(function: Any = None, **_: Any) -> Any:
    """A decorator that does nothing, with arguments and without."""
    return function or _as_it_is


class _Decorators:
    """In place of torch._dynamo, of which packages take decorators, and settings where they can (stable-audio-tools)."""

    allow_in_graph = assume_constant_result = disable = staticmethod(_as_it_is)

    def __getattr__(self, name: str) -> Any:
        if name == "config":
            raise AttributeError(name)
        return getattr(importlib.import_module("torch._dynamo"), name)
