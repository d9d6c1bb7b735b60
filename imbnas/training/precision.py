"""The precision of a network's forward passes."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from imbnas.units.unit import Precision


def forward_passes(
    precision: "Precision", device: "torch.device"
) -> "AbstractContextManager[object]":
    """Compute forward passes within the block in a precision; backward passes follow them.

    ``bfloat16`` is torch's autocast: convolutions and matrix products take and give bfloat16, while
    parameters, batch statistics and gradients of parameters stay float32. What is computed of
    a network's outputs, as losses, evaluated logits, post-hoc corrections and closed-form heads
    are, belongs outside of the block, on outputs turned into float32.

    Args:
        precision: of the run.
        device: where the network is.
    """
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)
