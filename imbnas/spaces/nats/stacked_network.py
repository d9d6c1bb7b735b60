"""Networks of one architecture side by side in one network, by grouped convolutions.

On very small images a training step is mostly the overhead of calling operations, which a stack of
networks pays once for all of them.
"""

import copy
from collections.abc import Sequence
from functools import singledispatch

import torch
from torch import Tensor, nn

from imbnas.errors import InputError
from imbnas.spaces.nats.network import CellNetwork, NatsCell
from imbnas.spaces.nats.operations import Zero

_WITHOUT_CHANNELS = (nn.Identity, nn.ReLU, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Flatten)


class StackedNetwork(nn.Module):
    """Computes what each of its networks would, each on images of its own.

    Their classifiers are shared with it; everything else is copied, and written back by
    ``unstack``. The networks do not influence one another, and a network's result depends on its
    place and on the number of places, but not on what is in the others. It differs from that of the
    network alone by rounding.

    Args:
        networks: G networks of the same architecture and classes.

    Raises:
        InputError: a network has a layer that cannot be put side by side.
    """

    def __init__(self, networks: Sequence[CellNetwork]) -> None:
        super().__init__()
        self._networks = tuple(networks)
        bodies = [copy.copy(network) for network in networks]
        for body in bodies:
            body._modules = {n: m for n, m in body._modules.items() if n != "classifier"}
        self.body = _side_by_side(bodies)
        self.num_features: int = self.body.num_features  # type: ignore[assignment]
        self.classifier: nn.Module = StackedClassifier([n.classifier for n in networks])

    def forward_features(self, images: Tensor) -> Tensor:
        """Map (B, G·C, H, W) images, place by place, to (B, G·F) pooled features."""
        features: Tensor = self.body.forward_features(images)  # type: ignore[operator]
        return features

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, G·C, H, W) images to (B, G, K) logits."""
        logits: Tensor = self.classifier(self.forward_features(images))
        return logits

    @torch.no_grad()
    def unstack(self) -> None:
        """Write weights and batch statistics back into the networks."""
        states = [network.state_dict() for network in self._networks]
        for name, wide in self.body.state_dict().items():
            shares = wide.chunk(len(states)) if wide.dim() else [wide] * len(states)
            for state, share in zip(states, shares, strict=True):
                state[name].copy_(share)


class StackedClassifier(nn.Module):
    """G classifiers, each on features of its own.

    Args:
        classifiers: of the networks.
    """

    def __init__(self, classifiers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.classifiers = nn.ModuleList(classifiers)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, G·F) features to (B, G, K) logits."""
        shares = features.chunk(len(self.classifiers), dim=1)
        logits = [each(share) for each, share in zip(self.classifiers, shares, strict=True)]
        return torch.stack(logits, dim=1)


def _side_by_side(modules: Sequence[nn.Module]) -> nn.Module:
    """One module that computes what several of the same shape do."""
    first = modules[0]
    if not first._modules or first._parameters or first._buffers:
        return _widened(first, modules)
    wide = copy.copy(first)
    wide._modules = {}
    for name in first._modules:
        wide.add_module(name, _side_by_side([m.get_submodule(name) for m in modules]))
    if isinstance(wide, NatsCell):
        wide.out_channels *= len(modules)
    if isinstance(wide, CellNetwork):
        wide.num_features *= len(modules)
    return wide


@singledispatch
def _widened(first: nn.Module, modules: Sequence[nn.Module]) -> nn.Module:
    """A layer without inner modules, as wide as several of its kind."""
    if isinstance(first, _WITHOUT_CHANNELS):
        return copy.copy(first)
    raise InputError(f"a layer {type(first).__name__} cannot be stacked; leave 'stack' out")


@_widened.register
def _(first: Zero, modules: Sequence[nn.Module]) -> nn.Module:
    return Zero(first.channels * len(modules))


@_widened.register
def _(first: nn.Conv2d, modules: Sequence[nn.Module]) -> nn.Module:
    count = len(modules)
    wide = nn.Conv2d(
        first.in_channels * count,
        first.out_channels * count,
        first.kernel_size,  # type: ignore[arg-type]
        first.stride,  # type: ignore[arg-type]
        first.padding,  # type: ignore[arg-type]
        first.dilation,  # type: ignore[arg-type]
        groups=first.groups * count,
        bias=first.bias is not None,
    )
    return _with_state(wide, modules)


@_widened.register
def _(first: nn.BatchNorm2d, modules: Sequence[nn.Module]) -> nn.Module:
    wide = nn.BatchNorm2d(
        first.num_features * len(modules),
        first.eps,
        first.momentum,
        first.affine,
        first.track_running_stats,
    )
    return _with_state(wide, modules)


@torch.no_grad()
def _with_state(wide: nn.Module, modules: Sequence[nn.Module]) -> nn.Module:
    """Fill a wide layer from the layers that it stands for."""
    states = [module.state_dict() for module in modules]
    wide.load_state_dict(
        {
            name: torch.cat([state[name] for state in states]) if value.dim() else value
            for name, value in states[0].items()
        }
    )
    return wide
