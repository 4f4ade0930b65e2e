"""Makes torchaudio, and with it transformers, importable beside a CPU build of torch.

Import this before transformers. Where the real package loads it changes nothing.
"""

import sys
import types
from typing import Any


def _repair_torchaudio() -> None:
    """PyPI's torchaudio is linked against CUDA; beside a CPU build its compiled part fails, its transforms do not need it."""
    try:
        import torchaudio
    except ImportError:
        return
    except OSError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        extension: Any = types.ModuleType("torchaudio._extension")
        extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
        extension._IS_ALIGN_AVAILABLE = False
        extension._check_cuda_version = lambda: None
        extension.fail_if_no_align = lambda function: function
        sys.modules["torchaudio._extension"] = extension
        import torchaudio  # noqa: F401


_repair_torchaudio()
