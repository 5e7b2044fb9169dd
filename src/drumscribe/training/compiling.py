"""Compiling the training step's network with ``torch.compile``."""

from collections.abc import Callable

import torch
from torch import Tensor

from drumscribe.models.crnn import DrumCRNN, Logits
from drumscribe.utils.errors import DrumscribeError


def compiled(network: DrumCRNN, device: torch.device) -> Callable[[Tensor], Logits]:
    """The network's forward pass, compiled at its first call.

    A function is compiled instead of the module, which would rename the weights in checkpoints.

    Args:
        network: on ``device``.
        device: what to compile for.

    Raises:
        DrumscribeError: when torch finds no compiler for it.
    """
    try:
        # Compiled now, as otherwise the want of a compiler would show deep in the first step.
        torch.compile(_probe)(torch.zeros(8, device=device))
    except Exception as error:  # whatever compilers, their absence and their wrappers raise
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise DrumscribeError(
            f"training.compile: torch cannot compile for {device.type} here ({reason}); install a "
            "C++ compiler (and triton for a GPU), or set training.compile=false"
        ) from error
    function: Callable[[Tensor], Logits] = torch.compile(network.forward)
    return function


def _probe(values: Tensor) -> Tensor:
    return torch.sin(values) + 1
