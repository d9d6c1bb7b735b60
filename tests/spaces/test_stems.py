"""Networks with another stem: what they cost, what they see, and where they are refused."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from imbnas.errors import InputError
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.nats import network as cell_network
from imbnas.spaces.stems import check_stem
from imbnas.units.stem import DEFAULT_STEM, Stem

SPACES = ("nats-tss", "nats-sss", "darts")
SHAPES = [
    NetworkShape(8, 1, 16, 3, 10, Stem(kernel=3, stride=2)),
    NetworkShape(16, 1, 32, 3, 10, Stem(kernel=4, stride=4)),
    NetworkShape(8, 2, 16, 3, 100, Stem(kernel=2, stride=2)),
    NetworkShape(4, 1, 8, 1, 10, Stem(kernel=5, stride=1)),
    NetworkShape(5, 1, 28, 1, 47, Stem(kernel=7, stride=7)),
    NetworkShape(4, 1, 24, 2, 3, Stem(kernel=7, stride=3)),
    NetworkShape(4, 1, 8, 1, 3, Stem(kernel=1, stride=1)),
]


def counted(network: nn.Module, shape: NetworkShape) -> tuple[int, int]:
    """Trained parameters, and multiply-accumulates of the layers that a forward pass calls."""
    macs = []

    def note(layer: nn.Module, inputs: Any, output: Tensor) -> None:
        del inputs
        if isinstance(layer, nn.Conv2d):
            macs.append(layer.weight.numel() * output.shape[2] * output.shape[3])
        if isinstance(layer, nn.Linear):
            macs.append(layer.weight.numel() + layer.bias.numel())

    for layer in network.modules():
        layer.register_forward_hook(note)
    network.eval()(torch.randn(1, shape.in_channels, shape.resolution, shape.resolution))
    return sum(p.numel() for p in network.parameters()), sum(macs)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_counts_are_those_of_the_layers_of_the_built_network(
    name: str, shape: NetworkShape, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Counts include operations that a forward pass may leave out, so here it computes them all.
    monkeypatch.setattr(cell_network, "computed_edges", lambda operations: (True,) * 6)
    space = get_space(name)
    architecture = space.random(np.random.default_rng(SHAPES.index(shape)))
    network, counts = space.build(architecture, shape), space.counts(architecture, shape)
    assert isinstance(network, nn.Module)
    assert (counts.params, counts.macs) == counted(network, shape)


def test_published_counts_with_another_stem() -> None:
    """The stem alone changes its weights; everything behind 4×4 patches costs a sixteenth."""
    space = get_space("nats-tss")
    text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+" + "|".join(
        ["|nor_conv_3x3~0", "nor_conv_3x3~1", "nor_conv_3x3~2|"]
    )
    plain = space.counts(text, NetworkShape())
    patches = space.counts(text, NetworkShape(stem=Stem(kernel=4, stride=4)))
    halved = space.counts(text, NetworkShape(stem=Stem(kernel=3, stride=2)))
    assert (plain.params, plain.macs) == (1_531_546, 220_119_690)
    assert patches.params - plain.params == (4 * 4 - 3 * 3) * 3 * 16
    assert halved.params == plain.params
    stem, head = 3 * 3 * 3 * 16 * 32 * 32, 64 * 10 + 10
    assert halved.macs == (plain.macs - head) // 4 + head
    assert patches.macs == (plain.macs - head - stem) // 16 + 4 * 4 * 3 * 16 * 8 * 8 + head


@pytest.mark.parametrize("stem", [Stem(kernel=4, stride=4), Stem(kernel=3, stride=2)], ids=str)
@pytest.mark.parametrize("name", SPACES)
def test_a_stem_sees_every_pixel(name: str, stem: Stem) -> None:
    space, shape = get_space(name), NetworkShape(4, 1, 16, 1, 3, stem)
    network: Any = space.build(space.random(np.random.default_rng(0)), shape)
    image = torch.randn(1, 1, 16, 16, requires_grad=True)
    seen = network.stem[0](image)
    assert seen.shape[2:] == (16 // stem.stride,) * 2
    seen.square().sum().backward()
    assert image.grad is not None
    assert image.grad.all()
    image.grad = None
    network.stem[0](image)[..., 0, 0].sum().backward()
    reach = stem.kernel - stem.padding
    assert image.grad[..., :reach, :reach].all()
    assert not image.grad[..., reach:, :].any()
    assert not image.grad[..., reach:].any()


def test_a_default_stem_draws_the_weights_that_it_drew() -> None:
    space, shape = get_space("nats-tss"), NetworkShape(4, 1, 8, 1, 3)
    torch.manual_seed(3)
    network: Any = space.build(space.random(np.random.default_rng(0)), shape)
    torch.manual_seed(3)
    assert torch.equal(network.stem[0].weight, nn.Conv2d(1, 4, 3, bias=False).weight)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize(
    ("stem", "resolution", "told"),
    [
        (Stem(kernel=3, stride=2), 28, "leaves 14 of 28 pixels.* resolution to a multiple of 8"),
        (Stem(kernel=4, stride=4), 8, "leaves 2 of 8 pixels.* multiple of 16"),
        (Stem(kernel=4, stride=4), 18, "stride 4 does not divide a resolution of 18 pixels"),
        (Stem(kernel=11), 8, "kernel 11 is larger than a resolution of 8 pixels"),
    ],
)
def test_a_stem_that_leaves_too_little_is_refused(
    name: str, stem: Stem, resolution: int, told: str
) -> None:
    with pytest.raises(InputError, match=told) as caught:
        check_stem(get_space(name), stem, resolution)
    assert str(caught.value).startswith("stem ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", SPACES)
def test_stems_that_fit_are_not_refused(name: str) -> None:
    space = get_space(name)
    for shape in (*SHAPES, NetworkShape(resolution=7), NetworkShape(resolution=1)):
        check_stem(space, shape.stem, shape.resolution)
        check_stem(space, shape.stem)


def test_sides_that_a_stride_does_not_divide_are_neither_counted_nor_built() -> None:
    shape = NetworkShape(4, 1, 18, 1, 3, Stem(kernel=4, stride=4))
    for name in SPACES:
        space = get_space(name)
        architecture = space.random(np.random.default_rng(0))
        for use in (space.counts, space.build):
            with pytest.raises(InputError, match="does not divide"):
                use(architecture, shape)


class OwnStem:
    """A space that says nothing of stems."""

    name = "own"


def test_a_space_that_does_not_know_stems_has_its_own_alone() -> None:
    space: Any = OwnStem()
    check_stem(space, DEFAULT_STEM, 8)
    for resolution in (None, 16):
        with pytest.raises(InputError, match="'own' have a stem of their own; leave it out"):
            check_stem(space, Stem(stride=2), resolution)
