"""A stack computes what its networks compute."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from imbnas.errors import InputError
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.nats.network import CellNetwork
from imbnas.spaces.nats.stacked_network import StackedNetwork
from imbnas.units.stem import DEFAULT_STEM, Stem

WIDTH = {"nats-tss": 4, "nats-sss": 64}
STEMS = (DEFAULT_STEM, Stem(kernel=3, stride=2), Stem(kernel=2, stride=2))


def networks_of(space: str, seed: int, count: int, stem: Stem = DEFAULT_STEM) -> list[CellNetwork]:
    """Networks of one random architecture that have seen a batch."""
    shape = NetworkShape(WIDTH[space], 1, 8, in_channels=2, num_classes=3, stem=stem)
    found = get_space(space)
    architecture = found.random(np.random.default_rng(seed))
    torch.manual_seed(seed)
    networks = [found.build(architecture, shape) for _ in range(count)]
    for network in networks:
        network(torch.randn(4, 2, 8, 8))
    return networks  # type: ignore[return-value]


@pytest.mark.parametrize("space", ["nats-tss", "nats-sss"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 4), stem=st.sampled_from(STEMS))
def test_a_stack_gives_the_logits_of_each_network(
    space: str, seed: int, count: int, stem: Stem
) -> None:
    networks = networks_of(space, seed, count, stem)
    stack = StackedNetwork(networks).eval()
    images = torch.randn(5, count, 2, 8, 8)
    with torch.no_grad():
        logits = stack(images.flatten(1, 2))
        expected = [net.eval()(images[:, place]) for place, net in enumerate(networks)]
    assert logits.shape == (5, count, 3)
    torch.testing.assert_close(logits, torch.stack(expected, 1), rtol=1e-4, atol=1e-5)


def test_unstacking_brings_back_weights_and_statistics() -> None:
    networks = networks_of("nats-tss", 3, 3)
    stack = StackedNetwork(networks).train()
    optimizer = torch.optim.SGD(stack.parameters(), lr=0.1)
    stack(torch.randn(4, 6, 8, 8)).square().sum().backward()
    optimizer.step()
    stack.unstack()
    images = torch.randn(5, 3, 2, 8, 8)
    with torch.no_grad():
        logits = stack.eval()(images.flatten(1, 2))
        alone = [net.eval()(images[:, place]) for place, net in enumerate(networks)]
    torch.testing.assert_close(logits, torch.stack(alone, 1), rtol=1e-4, atol=1e-5)


def test_gradients_stay_within_a_network() -> None:
    networks = networks_of("nats-tss", 5, 3)
    stack = StackedNetwork(networks).train()
    stack(torch.randn(4, 6, 8, 8))[:, 1].square().sum().backward()
    for parameter in stack.body.parameters():
        if parameter.grad is not None:
            others = parameter.grad.chunk(3)[::2]
            assert all(not share.any() for share in others)


def test_a_layer_that_is_not_known_is_refused() -> None:
    networks = networks_of("nats-tss", 3, 2)
    for network in networks:
        network.head[1] = nn.PReLU()
    with pytest.raises(InputError, match="a layer PReLU cannot be stacked; leave 'stack' out"):
        StackedNetwork(networks)
