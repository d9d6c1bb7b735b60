from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.nats.cell_string import OPERATIONS
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.topology import TopologySupernet
from imbnas.units.recipes import Recipe
from imbnas.units.stem import DEFAULT_STEM, Stem

SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
SPACE = get_space("nats-tss")
RECIPE = Recipe(epochs=2, steps_per_epoch=3, batch_size=32, lr=0.05, width=4, depth=1)
CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"


def make_supernet(shape: NetworkShape = SHAPE) -> TopologySupernet:
    torch.manual_seed(0)
    return TopologySupernet(shape)


def test_parameters_are_those_of_all_operations_at_published_size() -> None:
    # 1,692,728 is the published supernet without affine normalisation in the cells, 30 alphas
    # included (search-space reference, section 1.1).
    supernet = TopologySupernet(NetworkShape(width=16, depth=5))
    assert sum(p.numel() for p in supernet.parameters()) == 1_692_728 - 30


STEMS = [DEFAULT_STEM, Stem(kernel=3, stride=2), Stem(kernel=2, stride=2)]


@pytest.mark.parametrize("stem", STEMS, ids=str)
def test_a_path_computes_what_its_stand_alone_network_computes(stem: Stem) -> None:
    shape = replace(SHAPE, stem=stem)
    supernet = make_supernet(shape).eval()
    network = SPACE.build(CELL, shape).eval()
    operations = [edge.split("~")[0] for edge in CELL.replace("+", "").split("|") if edge]
    own = dict(network.state_dict())
    shared = supernet.state_dict()
    for name in own:
        if name.startswith(("stem", "head", "classifier")):
            source = name if name.startswith("classifier") else f"network.{name}"
        else:
            parts = name.split(".")
            source = f"network.{name}"
            if parts[2] == "edges":
                choice = OPERATIONS.index(operations[int(parts[3])])
                source = ".".join(["network", *parts[:4], str(choice), *parts[4:]])
        if source in shared:
            own[name] = shared[source]
    network.load_state_dict(own)
    # Cells without affine normalisation have biased convolutions; batch normalisation in
    # evaluation mode would show them, so that they are set to 0 for the comparison.
    with torch.no_grad():
        for name, value in supernet.named_parameters():
            if name.endswith(".1.bias") and "edges" in name:
                value.zero_()
    supernet.choose(CELL)
    images = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(supernet(images), network(images), rtol=1e-4, atol=1e-5)


def test_operations_that_were_not_sampled_stay_bit_unchanged(
    make_trainer: Callable[[str], PathTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    supernet = make_supernet()
    before = {name: value.clone() for name, value in supernet.state_dict().items()}
    monkeypatch.setattr(SPACE, "random", lambda rng: CELL)
    make_trainer("nats-tss").train(supernet, resolve_scheme("ce"), RECIPE)
    used = {
        f"edges.{edge}.{OPERATIONS.index(op.split('~')[0])}."
        for edge, op in enumerate(o for o in CELL.replace("+", "").split("|") if o)
        if op.startswith("nor_conv")
    }
    assert len(used) == 2
    for name, value in supernet.state_dict().items():
        same = torch.equal(value, before[name])
        if "edges" in name:
            assert same != any(part in name and "running" not in name for part in used) or (
                "running" in name or "tracked" in name
            ), name
        if "running" in name or "tracked" in name:
            assert same, name


def test_cost_counts_the_sampled_paths(
    make_trainer: Callable[[str], PathTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SPACE, "random", lambda rng: CELL)
    macs = SPACE.counts(CELL, SHAPE).macs
    for frozen_from, factor in ((None, 3), (0, 1)):
        trainer = make_trainer("nats-tss")
        trainer.train(make_supernet(), resolve_scheme("ce"), RECIPE, frozen_from)
        assert trainer.spending.images_seen == 2 * 3 * 32
        assert trainer.spending.macs == factor * macs * 2 * 3 * 32
