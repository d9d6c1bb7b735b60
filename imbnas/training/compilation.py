"""A network's forward and backward passes through ``torch.compile``."""

from typing import TYPE_CHECKING

import torch

from imbnas.errors import ImbnasError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from imbnas.units.networks import ImageClassifier


class CompilationError(ImbnasError):
    """A network that ``torch.compile`` cannot compile as a whole, or not on this machine."""


def compiled_features(network: "ImageClassifier") -> "Callable[[Tensor], Tensor]":
    """A network's ``forward_features``, compiled when it is first called.

    The whole network is one graph, made anew for each size of batch, and whatever was compiled
    before in this process is forgotten: what is computed depends neither on which networks this
    process trained before nor on which sizes came first, and nothing runs uncompiled because there
    are too many of them.

    Returns:
        Maps (B, C, H, W) images to (B, F) pooled features. It raises ``CompilationError``.
    """
    torch.compiler.reset()
    compiled = torch.compile(network.forward_features, fullgraph=True, dynamic=False)

    def forward_features(images: "Tensor") -> "Tensor":
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
