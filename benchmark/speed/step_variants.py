"""Other ways to compute a training step of a stack, each a change of a network in place.

What the engine does itself is not here. A variant computes what the network computes, but for
rounding; ``test_step_trials.py`` checks that before it times one.
"""

import types
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from imbnas.spaces.nats.cell_string import EDGES, NUM_NODES
from imbnas.spaces.nats.network import NatsCell
from imbnas.spaces.nats.operations import ReluConvBn
from imbnas.spaces.nats.stacked_network import StackedClassifier
from imbnas.spaces.pooling import AveragePool

Variant = Callable[[nn.Module], None]
aten = torch.ops.aten


def _own_forward(module: nn.Module, forward: Callable[..., Tensor]) -> None:
    module.forward = types.MethodType(forward, module)


# Pooling ------------------------------------------------------------------------------------------


class _AdjointPool(torch.autograd.Function):
    """PyTorch's own pooling whose backward pass is its forward pass on weighted gradients."""

    @staticmethod
    def forward(features: Tensor) -> Tensor:
        return functional.avg_pool2d(features, 3, 1, 1, count_include_pad=False)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        rows, columns = (_ninths(gradient, side) for side in gradient.shape[2:])
        weighted = gradient * (rows[:, None] * columns)
        return functional.avg_pool2d(weighted, 3, 1, 1, count_include_pad=True)


def _ninths(features: Tensor, side: int) -> Tensor:
    """Shares along a side, in thirds: exact in any format."""
    shares = features.new_ones(side)
    shares[0] = shares[-1] = 1.5
    return shares


def adjoint_pooling(network: nn.Module) -> None:
    """Pool backwards by pooling forwards."""
    for module in network.modules():
        if isinstance(module, AveragePool):
            _own_forward(module, lambda self, features: _AdjointPool.apply(features))


# Convolutions -------------------------------------------------------------------------------------


def block_diagonal(network: nn.Module) -> None:
    """Grouped convolutions as dense ones whose other weights are zero."""

    def forward(self: nn.Conv2d, features: Tensor) -> Tensor:
        own = self.weight.chunk(self.groups)
        count = len(own)
        blocks = [functional.pad(w, (0, 0, 0, 0, i * w.shape[1], (count - 1 - i) * w.shape[1]))
                  for i, w in enumerate(own)]  # fmt: skip
        weight = torch.cat(blocks).contiguous(memory_format=torch.channels_last)
        return functional.conv2d(features, weight, self.bias, self.stride, self.padding)

    _each_grouped(network, forward)


def one_by_one(network: nn.Module) -> None:
    """Grouped convolutions as one for each network."""

    def forward(self: nn.Conv2d, features: Tensor) -> Tensor:
        shares = zip(features.chunk(self.groups, 1), self.weight.chunk(self.groups), strict=True)
        outputs = [functional.conv2d(x.contiguous(memory_format=torch.channels_last), w, None,
                                     self.stride, self.padding) for x, w in shares]  # fmt: skip
        return torch.cat(outputs, 1)

    _each_grouped(network, forward)


def pointwise_as_products(network: nn.Module) -> None:
    """1×1 convolutions as batched matrix products."""

    def forward(self: nn.Conv2d, features: Tensor) -> Tensor:
        batch, channels, height, width = features.shape
        groups = self.groups
        rows = features.permute(0, 2, 3, 1).reshape(-1, groups, channels // groups)
        weight = self.weight.view(groups, -1, channels // groups)
        product = torch.bmm(rows.transpose(0, 1), weight.mT).transpose(0, 1)
        return product.reshape(batch, height, width, -1).permute(0, 3, 1, 2)

    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1) and module.bias is None:
            _own_forward(module, forward)


def two_by_two_as_products(network: nn.Module) -> None:
    """3×3 convolutions of 2×2 pixels as matrix products: five of nine weights meet the border."""

    def forward(self: nn.Conv2d, features: Tensor) -> Tensor:
        batch, channels, height, width = features.shape
        if (height, width) != (2, 2):
            return functional.conv2d(
                features, self.weight, None, self.stride, self.padding, 1, self.groups
            )
        groups, fan_in, out = self.groups, channels // self.groups, self.out_channels // self.groups
        # Row of the output (y, x), column of the input (v, u): weight [1 + v - y, 1 + u - x].
        at = [[4 + 3 * (v - y) + (u - x) for v in (0, 1) for u in (0, 1)]
              for y in (0, 1) for x in (0, 1)]  # fmt: skip
        taps = self.weight.reshape(groups, out, fan_in, 9)[..., torch.tensor(at).flatten()]
        matrix = taps.view(groups, out, fan_in, 4, 4).permute(0, 4, 2, 3, 1)
        matrix = matrix.reshape(groups, 4 * fan_in, 4 * out)
        pixels = features.permute(0, 2, 3, 1).reshape(batch, 4, groups, fan_in)
        rows = pixels.permute(2, 0, 1, 3).reshape(groups, batch, 4 * fan_in)
        product = torch.bmm(rows, matrix).view(groups, batch, 2, 2, out)
        return product.permute(1, 2, 3, 0, 4).reshape(batch, 2, 2, -1).permute(0, 3, 1, 2)

    for module in network.modules():
        if (
            isinstance(module, nn.Conv2d)
            and module.kernel_size == (3, 3)
            and module.stride == (1, 1)
            and module.bias is None
        ):
            _own_forward(module, forward)


def channels_first(network: nn.Module) -> None:
    """PyTorch's default layout."""
    network.to(memory_format=torch.contiguous_format)
    _own_forward(network, lambda self, images: type(self).forward(self, images.contiguous()))


def _each_grouped(network: nn.Module, forward: Callable[..., Tensor]) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1 and module.bias is None:
            _own_forward(module, forward)


# What is not a convolution ------------------------------------------------------------------------


def relu_once(network: nn.Module) -> None:
    """One ReLU for all convolutions that read a node."""

    def forward(self: NatsCell, features: Tensor) -> Tensor:
        nodes: list[Tensor | None] = [features] + [None] * (NUM_NODES - 1)
        positive: dict[int, Tensor] = {}
        for (source, target), operation, computed in zip(
            EDGES, self.edges, self._computed, strict=True
        ):
            if not computed:
                continue
            start = nodes[source]
            if start is None:
                start = torch.zeros_like(features)
            if isinstance(operation, ReluConvBn):
                if source not in positive:
                    positive[source] = functional.relu(start)
                value = operation[2](operation[1](positive[source]))
            else:
                value = operation(start)
            held = nodes[target]
            nodes[target] = value if held is None else held + value
        output = nodes[-1]
        return torch.zeros_like(features) if output is None else output

    for module in network.modules():
        if isinstance(module, NatsCell):
            _own_forward(module, forward)


class _WideNorm(torch.autograd.Function):
    """Batch normalisation by sums over long rows of several pixels."""

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, layer: nn.BatchNorm2d
    ) -> Tensor:
        channels = features.shape[1]
        rows, pixels = _long_rows(features)
        count = features.numel() // channels
        mean = rows.sum(0).view(pixels, channels).sum(0) / count
        squares = (rows * rows).sum(0).view(pixels, channels).sum(0) / count
        variance = (squares - mean * mean).clamp_min(0)
        scale = (variance + layer.eps).rsqrt()
        momentum = layer.momentum or 0.0
        layer.running_mean.lerp_(mean, momentum)  # type: ignore[union-attr]
        layer.running_var.lerp_(variance * (count / (count - 1)), momentum)  # type: ignore[union-attr]
        factor = weight * scale
        ctx.save_for_backward(features, weight, mean, scale)
        out = torch.addcmul((bias - mean * factor).repeat(pixels), rows, factor.repeat(pixels))
        return _as_images(out, features)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        features, weight, mean, scale = ctx.saved_tensors
        channels = features.shape[1]
        rows, pixels = _long_rows(features)
        count = features.numel() // channels
        slopes, _ = _long_rows(gradient.contiguous(memory_format=torch.channels_last))
        total = slopes.sum(0).view(pixels, channels).sum(0)
        product = (slopes * rows).sum(0).view(pixels, channels).sum(0)
        of_weight = (product - mean * total) * scale
        factor = weight * scale
        slant = -factor * scale * of_weight / count
        shift = -factor * total / count - slant * mean
        back = torch.addcmul(shift.repeat(pixels), rows, slant.repeat(pixels))
        back.addcmul_(slopes, factor.repeat(pixels))
        return _as_images(back, features), of_weight, total, None


def _long_rows(features: Tensor) -> tuple[Tensor, int]:
    batch, channels, height, width = features.shape
    count, pixels = batch * height * width, 1
    while pixels * channels < 256 and count % (2 * pixels) == 0:
        pixels *= 2
    rows = features.permute(0, 2, 3, 1).reshape(count // pixels, pixels * channels)
    return rows, pixels


def _as_images(rows: Tensor, like: Tensor) -> Tensor:
    batch, channels, height, width = like.shape
    return rows.view(batch, height, width, channels).permute(0, 3, 1, 2)


def wide_normalisation(network: nn.Module) -> None:
    """Batch normalisation by sums, in an autograd function of its own."""

    def forward(self: nn.BatchNorm2d, features: Tensor) -> Tensor:
        normalised: Tensor = _WideNorm.apply(features, self.weight, self.bias, self)
        return normalised

    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            _own_forward(module, forward)


def compiled_operations(network: nn.Module) -> None:
    """ReLU, convolution and normalisation through ``torch.compile``, shared by all networks."""

    def forward(self: ReluConvBn, features: Tensor) -> Tensor:
        layer, norm = self[1], self[2]
        return _compiled()(features, layer.weight, norm.weight, norm.bias, norm.running_mean,
                           norm.running_var, layer.stride, layer.padding, layer.groups)  # fmt: skip

    for module in network.modules():
        if isinstance(module, ReluConvBn):
            _own_forward(module, forward)


_COMPILED: list[Callable[..., Tensor]] = []


def _compiled() -> Callable[..., Tensor]:
    if not _COMPILED:
        torch._dynamo.config.recompile_limit = 64
        _COMPILED.append(torch.compile(_operation, fullgraph=True, dynamic=False))
    return _COMPILED[0]


def _operation(
    features: Tensor, kernel: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor,
    stride: tuple[int, int], padding: tuple[int, int], groups: int,
) -> Tensor:  # fmt: skip
    output = functional.conv2d(features.relu(), kernel, None, stride, padding, 1, groups)
    return functional.batch_norm(output, mean, variance, weight, bias, True, 0.1, 1e-5)


def one_head(network: nn.Module) -> None:
    """The classifiers of a stack as one batched matrix product."""

    def forward(self: StackedClassifier, features: Tensor) -> Tensor:
        weight = torch.stack([each.weight for each in self.classifiers])  # type: ignore[misc]
        bias = torch.stack([each.bias for each in self.classifiers])  # type: ignore[misc]
        shares = features.view(len(features), len(weight), -1).transpose(0, 1)
        return torch.baddbmm(bias.unsqueeze(1), shares, weight.mT).transpose(0, 1)

    for module in network.modules():
        if isinstance(module, StackedClassifier):
            _own_forward(module, forward)


# bfloat16 -----------------------------------------------------------------------------------------


def float32_stem(network: nn.Module) -> None:
    """The stem's convolution in float32, under autocast, too."""

    def forward(self: nn.Conv2d, images: Tensor) -> Tensor:
        with torch.autocast(images.device.type, enabled=False):
            output = functional.conv2d(
                images, self.weight, None, self.stride, self.padding, 1, self.groups
            )
        return output.bfloat16()

    _own_forward(network.get_submodule("body.stem.0"), forward)


def together(*variants: Variant) -> Variant:
    """Several changes one after the other."""

    def change(network: nn.Module) -> None:
        for variant in variants:
            variant(network)

    return change
