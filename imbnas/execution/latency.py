"""How long a trained network takes for one image."""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

_SECONDS = 0.004
_MOST_PASSES = 15


@torch.inference_mode()
def seconds_per_image(
    predict: Callable[[Tensor], Tensor], in_channels: int, resolution: int, device: torch.device
) -> float:
    """Median wall-clock seconds of a forward pass of one image.

    After one pass that is not counted, passes are timed for about 4 ms, at least one and at most
    15: next to a training, even the smallest, that costs nothing, and the table takes the median
    over many units. No random number is drawn.

    Args:
        predict: maps (1, C, H, W) images to (1, K) logits; in evaluation mode.
        in_channels: C.
        resolution: H and W in pixels.
        device: where the network is.
    """
    image = torch.zeros(1, in_channels, resolution, resolution, device=device)
    _timed(predict, image)
    seconds: list[float] = []
    while not seconds or (sum(seconds) < _SECONDS and len(seconds) < _MOST_PASSES):
        seconds.append(_timed(predict, image))
    return statistics.median(seconds)


def _timed(predict: Callable[[Tensor], Tensor], image: Tensor) -> float:
    start = time.perf_counter()
    predict(image)
    if image.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start
