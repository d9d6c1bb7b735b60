"""Prints the sha256 of what groups of operations compute, each by itself, as JSON.

Inputs are integers scaled by powers of two, so that they are the same bits everywhere. Sizes are
those of the networks that are trained, large enough for several blocks of any cache.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from imbnas.execution.instruction_sets import instruction_sets
from imbnas.execution.provenance import provenance
from imbnas.spaces import NetworkShape, get_space

Array = NDArray[Any] | Tensor
GROUPS: dict[str, Callable[[], Iterator[Array]]] = {}
NAMED = ("torch", "torchvision", "timm", "numpy", "scipy", "pillow", "onednn", "mkl", "libc")
"""Versions on which bits depend."""


def group(function: Callable[[], Iterator[Array]]) -> Callable[[], Iterator[Array]]:
    GROUPS[function.__name__] = function
    return function


def numbers(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    """Between -2 and 2, in steps of 2⁻²⁰, from a generator of integers alone."""
    integers = np.random.default_rng(seed).integers(-(2**21), 2**21, shape)
    return (integers / 2**20).astype(np.float32)


def tensor(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(numbers(*shape, seed=seed))


def with_gradients(module: Callable[..., Tensor], *inputs: Tensor) -> Iterator[Tensor]:
    """What it computes, then the gradients of its inputs and parameters."""
    for each in inputs:
        each.requires_grad_()
    output = module(*inputs)
    output.backward(tensor(*output.shape, seed=9))
    yield output.detach()
    parameters = module.parameters() if isinstance(module, nn.Module) else ()
    yield from (each.grad for each in (*inputs, *parameters) if each.grad is not None)


def filled(module: nn.Module) -> nn.Module:
    with torch.no_grad():
        for seed, parameter in enumerate(module.parameters()):
            parameter.copy_(tensor(*parameter.shape, seed=seed) / 8)
    return module


def convolved(channels: int, side: int, size: int, **options: int) -> Iterator[Tensor]:
    conv = nn.Conv2d(channels, channels, size, padding=size // 2, bias=False, **options)
    return with_gradients(filled(conv), tensor(64, channels, side, side))


@group
def convolution_3x3() -> Iterator[Array]:
    for channels, side in ((16, 32), (32, 16), (64, 8), (4, 8), (7, 8)):
        yield from convolved(channels, side, 3)


@group
def convolution_1x1() -> Iterator[Array]:
    for channels, side in ((16, 32), (64, 8), (7, 8)):
        yield from convolved(channels, side, 1)


@group
def convolution_in_groups() -> Iterator[Array]:
    yield from convolved(32, 16, 3, groups=32)
    yield from convolved(32, 16, 3, groups=4)


@group
def convolution_of_images() -> Iterator[Array]:
    yield from with_gradients(filled(nn.Conv2d(3, 16, 3, padding=1)), tensor(64, 3, 32, 32))
    yield from with_gradients(filled(nn.Conv2d(1, 4, 3, padding=1)), tensor(64, 1, 8, 8))


@group
def linear() -> Iterator[Array]:
    for rows, inputs, outputs in ((64, 64, 10), (256, 64, 100), (512, 16, 10), (33, 17, 10)):
        yield from with_gradients(filled(nn.Linear(inputs, outputs)), tensor(rows, inputs))
    yield tensor(300, 500) @ tensor(500, 200, seed=1)


@group
def batch_norm() -> Iterator[Array]:
    for channels, side in ((16, 32), (64, 8), (4, 8)):
        norm = filled(nn.BatchNorm2d(channels))
        yield from with_gradients(norm, tensor(64, channels, side, side))
        yield from (each.clone() for each in norm.buffers())
        yield norm.eval()(tensor(64, channels, side, side, seed=1)).detach()


@group
def pooling() -> Iterator[Array]:
    images = tensor(64, 16, 16, 16)
    average = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    yield from with_gradients(average, images.clone())
    yield from with_gradients(nn.AvgPool2d(2), images.clone())
    yield from with_gradients(nn.AdaptiveAvgPool2d(1), images.clone())
    yield from with_gradients(nn.MaxPool2d(3, stride=2, padding=1), images.clone())


@group
def interpolation() -> Iterator[Array]:
    def larger(images: Tensor) -> Tensor:
        return F.interpolate(images, size=(24, 24), mode="bilinear", align_corners=False)

    yield from with_gradients(larger, tensor(8, 3, 16, 16))


@group
def resized_images() -> Iterator[Array]:
    from PIL import Image
    from torchvision.transforms.v2 import functional as transforms

    pixels = np.random.default_rng(5).integers(0, 256, (8, 3, 32, 32)).astype(np.uint8)
    for side in (16, 24, 48):
        yield transforms.resize(torch.from_numpy(pixels), [side, side], antialias=True)
    image = Image.fromarray(pixels[0].transpose(1, 2, 0))
    for filtered in (Image.Resampling.BOX, Image.Resampling.BILINEAR):
        yield np.asarray(image.resize((20, 20), filtered))


@group
def softmax() -> Iterator[Array]:
    for classes in (10, 100):
        logits = 4 * tensor(128, classes)
        labels = torch.arange(128) % classes
        yield torch.softmax(logits, 1)
        yield torch.logsumexp(logits, 1)

        def loss(each: Tensor, labels: Tensor = labels) -> Tensor:
            return F.cross_entropy(each, labels, reduction="none")

        yield from with_gradients(loss, logits)


@group
def exponentials_and_logarithms() -> Iterator[Array]:
    for dtype in (torch.float32, torch.float64):
        values = 4 * tensor(1003).to(dtype)
        positive = values.abs() + 0.125
        yield from (values.exp(), positive.log(), positive.log1p(), values.expm1())
        yield from (values.sigmoid(), values.tanh(), F.softplus(values), values.sin(), values.cos())
        yield from (positive.sqrt(), positive.rsqrt(), positive.reciprocal(), positive.pow(0.75))


@group
def sums() -> Iterator[Array]:
    values = tensor(257, 1003)
    yield from (values.sum(), values.sum(0), values.sum(1), values.mean(), values.var(0))
    yield from (values.norm(), values.norm(dim=1), values.cumsum(1), values.double().sum())


@group
def random_numbers() -> Iterator[Array]:
    generator = torch.Generator().manual_seed(7)
    yield torch.randn(1003, generator=generator)
    yield torch.rand(1003, generator=generator)
    yield torch.randperm(1003, generator=generator)
    yield torch.empty(1003).normal_(0, 0.1, generator=generator)


@group
def torch_linear_algebra() -> Iterator[Array]:
    half = tensor(200, 40).double()
    square = half.T @ half + torch.eye(40, dtype=torch.float64)
    yield from (square, torch.linalg.solve(square, half.T), torch.linalg.cholesky(square))
    yield torch.linalg.eigvalsh(square)


@group
def numpy_functions() -> Iterator[Array]:
    for dtype in (np.float32, np.float64):
        values = numbers(1003).astype(dtype)
        positive = np.abs(values) + dtype(0.125)
        yield from (np.exp(values), np.log(positive), np.log1p(positive), np.expm1(values))
        yield from (np.sin(values), np.cos(values), np.tanh(values), positive ** dtype(0.75))
        yield from (np.sqrt(positive), values.sum(), values.mean(), values.std())


@group
def numpy_linear_algebra() -> Iterator[Array]:
    half = numbers(64, 40).astype(np.float64)
    square = half.T @ half
    yield from (square, half @ half.T, np.linalg.eigvalsh(square), np.linalg.inv(square))
    yield from map(np.asarray, np.linalg.slogdet(square))


@group
def training() -> Iterator[Array]:
    """Steps of stochastic gradient descent with momentum, as a suite's networks are trained."""
    shape = NetworkShape(width=8, depth=1, resolution=16, in_channels=3, num_classes=10)
    nodes = (
        "nor_conv_3x3~0", "avg_pool_3x3~0|nor_conv_1x1~1",
        "skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2",
    )  # fmt: skip
    torch.manual_seed(3)
    network = get_space("nats-tss").build("+".join(f"|{each}|" for each in nodes), shape)
    assert isinstance(network, nn.Module)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    for step in range(8):
        optimizer.zero_grad(set_to_none=True)
        logits = network(tensor(32, 3, 16, 16, seed=step))
        loss = F.cross_entropy(logits, (torch.arange(32) + step) % 10)
        loss.backward()
        optimizer.step()
        yield loss.detach()
    yield from (each.detach() for each in network.state_dict().values())


def digest(arrays: Iterator[Array]) -> str:
    total = hashlib.sha256()
    for array in arrays:
        plain = array.detach().numpy() if isinstance(array, Tensor) else np.asarray(array)
        total.update(f"{plain.dtype} {plain.shape};".encode() + plain.tobytes())
    return total.hexdigest()


def versions() -> dict[str, str | None]:
    """Of what bits depend on, in this process."""
    described = provenance().model_dump()
    return {name: described.get(name) for name in NAMED}


def versions_apart(stored: dict[str, str | None]) -> dict[str, str]:
    """What is another version here than where something was stored."""
    return {
        name: f"{here}, not {stored[name]}"
        for name, here in versions().items()
        if here != stored[name]
    }


def main() -> None:
    torch.set_num_threads(1)
    described = provenance().model_dump()
    sys.stdout.write(
        json.dumps(
            {
                "versions": versions(),
                "processor": described.get("processor"),
                "instruction_sets": instruction_sets()._asdict(),
                "sha256": {name: digest(compute()) for name, compute in GROUPS.items()},
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
