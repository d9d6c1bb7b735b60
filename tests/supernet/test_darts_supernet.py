from collections.abc import Callable

import pytest
import torch
from torch import nn

from imbnas.errors import InputError
from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.darts.genotype import OPERATIONS, parse
from imbnas.supernet.darts import DartsSupernet
from imbnas.supernet.path_training import PathTrainer
from imbnas.units.recipes import Recipe
from imbnas.units.stem import Stem

SPACE = get_space("darts")
SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
SHAPES = [
    SHAPE,
    NetworkShape(3, 2, 9, 3, 7),
    NetworkShape(4, 1, 16, 3, 7, Stem(kernel=4, stride=4)),
]
ARCHITECTURES = ["DARTS_V2", "P-DARTS", *SPACE.sample(2, seed=3)]


def make_supernet(shape: NetworkShape = SHAPE) -> DartsSupernet:
    torch.manual_seed(0)
    return DartsSupernet(shape)


def shared_name(name: str, architecture: str, shape: NetworkShape) -> str:
    """Where the supernet keeps what the stand-alone network calls ``name``."""
    parts = name.split(".")
    if parts[0] != "cells" or parts[2] != "edges":
        return name
    genotype = parse(architecture)
    reductions = (shape.depth, 2 * shape.depth + 1)
    cell = genotype.reduce if int(parts[1]) in reductions else genotype.normal
    operation, source = cell.edges[int(parts[3])]
    node = str(int(parts[3]) // 2)
    return ".".join([*parts[:2], "nodes", node, str(source), operation, *parts[4:]])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_path_computes_what_its_stand_alone_network_computes(
    architecture: str, shape: NetworkShape
) -> None:
    supernet = make_supernet(shape)
    network = SPACE.build(architecture, shape)
    assert isinstance(network, nn.Module)
    shared, own = supernet.state_dict(), network.state_dict()
    taken = {name: shared_name(name, architecture, shape) for name in own}
    # Scales and shifts are not in the supernet: they stay 1 and 0.
    assert {n.rsplit(".", 1)[1] for n in own if taken[n] not in shared} <= {"weight", "bias"}
    network.load_state_dict({n: shared.get(taken[n], value) for n, value in own.items()})
    supernet.choose(architecture)
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(
        6, shape.in_channels, shape.resolution, shape.resolution, generator=generator
    )
    for training in (True, False):
        supernet.train(training)
        network.train(training)
        torch.testing.assert_close(supernet(images), network(images), rtol=1e-4, atol=1e-5)


def test_it_holds_every_operation_on_every_edge_of_every_cell() -> None:
    supernet = make_supernet()
    assert len(supernet.cells) == 5
    for cell in supernet.cells:
        edges = [edge for node in cell.nodes for edge in node]
        assert len(edges) == 14
        assert all(tuple(edge) == OPERATIONS for edge in edges)
    norms = [m for m in supernet.modules() if isinstance(m, nn.BatchNorm2d)]
    assert not any(norm.affine for norm in norms)


def test_operations_that_were_not_sampled_stay_bit_unchanged(
    make_trainer: Callable[[str], PathTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    supernet = make_supernet()
    recipe = Recipe(epochs=1, steps_per_epoch=4, batch_size=32, lr=0.05, width=4, depth=1)
    before: dict[str, torch.Tensor] = {}
    # The first steps give other operations momentum, which later steps must not follow.
    paths = [*SPACE.sample(2, seed=8), "DARTS_V2", "DARTS_V2"]
    drawn = iter(paths)

    def draw(rng: object) -> str:
        architecture = next(drawn)
        if architecture == "DARTS_V2" and not before:
            before.update({name: value.clone() for name, value in supernet.named_parameters()})
        return architecture

    monkeypatch.setattr(SPACE, "random", draw)
    make_trainer("darts").train(supernet, resolve_scheme("ce"), recipe)
    network = SPACE.build("DARTS_V2", SHAPE)
    assert isinstance(network, nn.Module)
    used = {shared_name(name, "DARTS_V2", SHAPE) for name, _ in network.named_parameters()}
    changed = {n for n, value in supernet.named_parameters() if not torch.equal(value, before[n])}
    assert changed == used & set(before)


@pytest.mark.parametrize("architecture", ["NASNet", "AmoebaNet"])
def test_genotypes_outside_of_the_space_are_refused(architecture: str) -> None:
    with pytest.raises(InputError, match="cells of 4 nodes") as caught:
        make_supernet().choose(architecture)
    assert "\n" not in str(caught.value)
