"""Operations of a stack of three in bfloat16 against float32: which of them gain, which lose.

Processor seconds, turn by turn; ratios below 1 pay. Sizes: 16 channels a network at 8×8 pixels in
batches of 128, and the stem of 4×4 patches before them.
"""

from collections.abc import Callable

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from ratios import Report
from step_trials import seconds
from torch import Tensor

from imbnas.execution.malloc import keep_freed_memory

pytestmark = pytest.mark.slow

BATCH, STACK = 128, 3
CONVOLUTIONS = {
    "3x3, 16 to 16 channels, 8x8 pixels": (16, 16, 8, 3, 1),
    "3x3, 64 to 64 channels, 2x2 pixels": (64, 64, 2, 3, 1),
    "3x3 of stride 2, 16 to 32 channels": (16, 32, 8, 3, 2),
    "1x1, 16 to 16 channels, 8x8 pixels": (16, 16, 8, 1, 1),
    "stem of 4x4 patches": (3, 16, 32, 4, 4),
}
Operations = dict[str, Callable[[], object]]
aten = torch.ops.aten


def convolution(
    channels: int, out: int, side: int, kernel: int, stride: int, dtype: torch.dtype
) -> Operations:
    """Forward pass and both gradients of a convolution."""
    pad = 0 if stride == kernel else kernel // 2
    images = _channels_last((BATCH, STACK * channels, side, side), dtype)
    weight = _channels_last((STACK * out, channels, kernel, kernel), dtype)
    how = ([stride, stride], [pad, pad], [1, 1], False, [0, 0], STACK)
    gradient = torch.randn_like(aten.convolution(images, weight, None, *how))

    def backward(*wanted: bool) -> object:
        return aten.convolution_backward(gradient, images, weight, None, *how, [*wanted, False])

    return {
        "forward": lambda: aten.convolution(images, weight, None, *how),
        "gradient of features": lambda: backward(True, False),
        "gradient of weights": lambda: backward(False, True),
    }


def others(dtype: torch.dtype) -> Operations:
    """Batch normalisation, pooling, ReLU and sums."""
    channels = 16 * STACK
    features = _channels_last((BATCH, channels, 8, 8), dtype)
    weight, bias, mean, variance = (torch.rand(channels) for _ in range(4))
    _, mean_now, scale = aten.native_batch_norm(
        features, weight, bias, mean, variance, True, 0.1, 1e-5
    )
    pool = ([3, 3], [1, 1], [1, 1], False, False, None)
    return {
        "batch normalisation: forward": lambda: aten.native_batch_norm(
            features, weight, bias, mean, variance, True, 0.1, 1e-5
        ),
        "batch normalisation: backward": lambda: aten.native_batch_norm_backward(
            features, features, weight, mean, variance, mean_now, scale, True, 1e-5, [True] * 3
        ),
        "pooling: forward": lambda: aten.avg_pool2d(features, *pool),
        "pooling: backward": lambda: aten.avg_pool2d_backward(features, features, *pool),
        "ReLU: forward": lambda: features.relu(),
        "ReLU: backward": lambda: aten.threshold_backward(features, features, 0),
        "sum": lambda: features + features,
    }


def _channels_last(size: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    return torch.randn(size).to(dtype).contiguous(memory_format=torch.channels_last)


def operations(dtype: torch.dtype) -> Operations:
    """Everything by name."""
    found = others(dtype)
    for name, sizes in CONVOLUTIONS.items():
        parts = convolution(*sizes, dtype)
        found |= {f"{name}: {part}": work for part, work in parts.items()}
    return found


def test_operations(benchmark: BenchmarkFixture, report: Report) -> None:
    torch.set_num_threads(1)
    keep_freed_memory()
    exact, coarse = operations(torch.float32), operations(torch.bfloat16)
    pairs = {name: {"float32": exact[name], "bfloat16": coarse[name]} for name in exact}
    found = benchmark.pedantic(
        lambda: {name: seconds(pair, 20) for name, pair in pairs.items()}, rounds=1, iterations=1
    )
    for name, spent in found.items():
        report(f"{name}: bfloat16: float32", spent["bfloat16"] / spent["float32"], key=name)
