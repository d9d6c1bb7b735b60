"""How a network's forward passes are computed: their precision, and ``torch.compile``."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from imbnas.errors import ImbnasError
from imbnas.units.networks import ImageClassifier
from imbnas.units.unit import Precision


class CompilationError(ImbnasError):
    """A network that ``torch.compile`` cannot compile as a whole, or not on this machine."""


def forward_passes(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
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


def compiled_features(network: ImageClassifier) -> Callable[[Tensor], Tensor]:
    """A network's ``forward_features``, compiled when it is first called.

    The whole network is one graph for each size of batch, and whatever was compiled before in this
    process is forgotten: what is computed depends neither on which networks this process trained
    before nor on which sizes came first, and nothing runs uncompiled because there are too many of
    them.

    Returns:
        Maps (B, C, H, W) images to (B, F) pooled features. It raises ``CompilationError``.
    """
    torch.compiler.reset()
    compiled = torch.compile(network.forward_features, fullgraph=True, dynamic=False)

    def forward_features(images: Tensor) -> Tensor:
        from torch._dynamo.exc import FailOnRecompileLimitHit, TorchDynamoException

        try:
            features: Tensor = compiled(images)
        except (FailOnRecompileLimitHit, TorchDynamoException) as error:
            reason = str(error).strip().partition("\n")[0]
            raise CompilationError(
                f"torch.compile cannot compile this {type(network).__name__} here: {reason}; "
                "leave --compile out"
            ) from error
        return features

    return forward_features
