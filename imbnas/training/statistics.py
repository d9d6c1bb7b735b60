"""Batch-normalisation statistics: estimated again, restored, or left untouched."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn


def norm_layers(network: nn.Module) -> list[_BatchNorm]:
    """The batch-normalisation layers that keep running statistics."""
    return [
        module
        for module in network.modules()
        if isinstance(module, _BatchNorm) and module.running_mean is not None
    ]


def estimate_statistics(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Replace running statistics by the cumulative average over batches; leaves eval mode.

    Args:
        network: its statistics are reset first.
        batches: images of shape (B, C, H, W).
    """
    update_bn(batches, network)
    network.eval()


@contextmanager
def restored_statistics(network: nn.Module) -> Iterator[None]:
    """Put running statistics back when the block ends, however it ends."""
    held = [(buffer, buffer.clone()) for buffer in network.buffers()]
    try:
        yield
    finally:
        for buffer, value in held:
            buffer.copy_(value)


@contextmanager
def batch_statistics(network: nn.Module) -> Iterator[None]:
    """Normalise by the batch's own statistics and leave running ones untouched."""
    layers = norm_layers(network)
    for layer in layers:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in layers:
            layer.track_running_stats = True
