from collections.abc import Callable

import pytest
import torch
from torch import nn

from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.size import WIDEST, SizeSupernet
from imbnas.supernet.slicing import SlicedNorm
from imbnas.training.statistics import estimate_statistics
from imbnas.units.recipes import Recipe
from imbnas.units.stem import Stem

SPACE = get_space("nats-sss")
SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
SHAPES = [
    SHAPE,
    NetworkShape(3, 2, 9, 3, 7),
    NetworkShape(4, 1, 8, 1, 7, Stem(kernel=3, stride=2)),
    NetworkShape(4, 1, 16, 3, 7, Stem(kernel=4, stride=4)),
]
ARCHITECTURES = ["8:8:8:8:8", "16:24:64:8:40", "24:32:32:16:16", WIDEST]


def make_supernet(shape: NetworkShape = SHAPE) -> SizeSupernet:
    torch.manual_seed(0)
    return SizeSupernet(shape)


def stand_alone(supernet: SizeSupernet, architecture: str, shape: NetworkShape) -> nn.Module:
    """The architecture's own network with the supernet's weights, first channels of each."""
    network = SPACE.build(architecture, shape)
    assert isinstance(network, nn.Module)
    shared = supernet.state_dict()
    own = network.state_dict()
    for name, value in own.items():
        source = name if name.startswith("classifier") else f"network.{name}"
        source = source.replace("edges.3.0.", "edges.3.convolution.")
        source = source.replace("edges.3.1.", "edges.3.norm.")
        if source in shared:  # scales and shifts are not: they stay 1 and 0
            value.copy_(shared[source][tuple(slice(size) for size in value.shape)])
    network.load_state_dict(own)
    return network


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_path_computes_what_its_stand_alone_network_computes(
    architecture: str, shape: NetworkShape
) -> None:
    supernet = make_supernet(shape)
    generator = torch.Generator().manual_seed(3)
    batches = [
        torch.randn(8, shape.in_channels, *[shape.resolution] * 2, generator=generator)
        for _ in range(3)
    ]
    network = stand_alone(supernet, architecture, shape)
    supernet.choose(architecture)
    for training in (True, False):
        supernet.train(training)
        network.train(training)
        torch.testing.assert_close(supernet(batches[0]), network(batches[0]), rtol=1e-4, atol=1e-5)
    # Calibrated statistics agree, too.
    for module in (supernet, network):
        estimate_statistics(module, batches)
    torch.testing.assert_close(supernet(batches[0]), network(batches[0]), rtol=1e-4, atol=1e-5)


def test_parameters_are_those_of_the_widest_network_and_two_projections() -> None:
    shape = NetworkShape(width=16, depth=1)
    norms = sum(2 * m.num_features for m in SizeSupernet(shape).modules() if type(m) is SlicedNorm)
    projections = 2 * (64 * 64 + 2 * 64)
    parameters = sum(p.numel() for p in SizeSupernet(shape).parameters())
    assert parameters + norms == 713_674 + projections  # published, with affine normalisation


@pytest.mark.parametrize("scheme", ["ce", "ldam"])
def test_channels_outside_of_the_slice_stay_bit_unchanged(
    scheme: str, make_trainer: Callable[[str], PathTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    supernet = make_supernet()
    recipe = Recipe(epochs=1, steps_per_epoch=3, batch_size=32, lr=0.05, width=4, depth=1)
    # Two wide steps give every channel momentum, which the narrow step must not follow.
    paths = iter([WIDEST, WIDEST, "8:16:8:16:8"])
    monkeypatch.setattr(SPACE, "random", lambda rng: next(paths))
    before: list[dict[str, torch.Tensor]] = []
    choose = supernet.choose

    def note(architecture: str) -> None:
        before.append({name: value.clone() for name, value in supernet.named_parameters()})
        choose(architecture)

    monkeypatch.setattr(supernet, "choose", note)
    make_trainer("nats-sss").train(supernet, resolve_scheme(scheme), recipe)
    parts = {id(parameter): part for parameter, part in supernet.used_parts()}
    first, _, narrow = before
    for name, parameter in supernet.named_parameters():
        if "edges.3" in name or name == "classifier.bias":
            continue  # projections of skips, idle in the wide network; and what is used whole
        outside = torch.ones_like(parameter, dtype=torch.bool)
        outside[parts[id(parameter)]] = False
        assert outside.any(), name
        assert not torch.equal(narrow[name][outside], first[name][outside]), name
        assert torch.equal(parameter[outside], narrow[name][outside]), name
        assert not torch.equal(parameter[~outside], narrow[name][~outside]), name


def test_a_projection_is_trained_only_where_a_skip_changes_the_width(
    make_trainer: Callable[[str], PathTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    supernet = make_supernet()
    recipe = Recipe(epochs=1, steps_per_epoch=1, batch_size=32, lr=0.05, width=4, depth=1)
    before = {name: value.clone() for name, value in supernet.named_parameters()}
    monkeypatch.setattr(SPACE, "random", lambda rng: "8:16:24:32:32")
    make_trainer("nats-sss").train(supernet, resolve_scheme("ce"), recipe)
    first, second = (f"network.blocks.{block}.edges.3.convolution.weight" for block in (2, 4))
    after = dict(supernet.named_parameters())
    changed = after[first] != before[first]
    assert changed[:6, :4].any()  # 24 and 16 channels at a quarter of the published width
    assert not changed[6:].any()
    assert not changed[:, 4:].any()
    assert torch.equal(after[second], before[second])
