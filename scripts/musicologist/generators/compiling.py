"""A decoder that torch compiles: its Snake activations become one pass over memory each, where plain torch takes five."""

import sys
from typing import Any

import torch


class Compiled(torch.nn.Module):
    """A network as ``torch.compile`` makes it, from its first batch on; where that fails it goes on as it was, and says so."""

    def __init__(self, network: torch.nn.Module) -> None:
        """Compile nothing yet: that needs a batch."""
        super().__init__()
        self.network = network
        self._compiled: Any = torch.compile(network)

    def forward(self, *arguments: Any, **more: Any) -> Any:
        """What the network answers."""
        if self._compiled is not None:
            try:
                return self._compiled(*arguments, **more)
            except torch._dynamo.exc.TorchDynamoException as error:
                why = str(error).strip().splitlines()[0][:200]
                print(
                    f"The decoder was not compiled ({why}): going on without. On a CPU it takes a C++ compiler (g++), on a "
                    "GPU Triton and a C compiler; models.decoder: plain asks for none.",
                    file=sys.stderr,
                )
                self._compiled = None
        return self.network(*arguments, **more)
