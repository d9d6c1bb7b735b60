"""Averages weights over the last part of a training (SWA, arXiv:1803.05407)."""

import torch
from torch import Tensor, nn


class WeightAverage:
    """Running mean of a network's parameters, one sample at the end of each step.

    Args:
        network: the network in training.

    Attributes:
        mean: of each parameter; empty before the first sample.
        count: samples taken.
    """

    def __init__(self, network: nn.Module) -> None:
        self._parameters: list[Tensor] = list(network.parameters())
        self.mean: list[Tensor] = []
        self.count = 0

    @torch.no_grad()
    def update(self) -> None:
        """Take the present weights into the mean."""
        self.count += 1
        if not self.mean:
            self.mean = [parameter.detach().clone() for parameter in self._parameters]
            return
        torch._foreach_lerp_(self.mean, self._parameters, 1 / self.count)

    @torch.no_grad()
    def apply(self) -> None:
        """Put the mean into the network; does nothing when there is none yet."""
        for parameter, mean in zip(self._parameters, self.mean, strict=False):
            parameter.copy_(mean)
