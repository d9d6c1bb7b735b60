import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.darts.genotype import KNOWN
from imbnas.spaces.nats import network as cell_network_module
from imbnas.spaces.nats.cell_string import architecture

N, S, C1, C3, P = "none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"
CIFAR10, CIFAR100 = NetworkShape(), NetworkShape(num_classes=100)
IMAGENET16 = NetworkShape(num_classes=120, resolution=16)

TOPOLOGIES = [
    ((N,) * 6, (73_306, 79_156, 80_456), (7_783_050, 7_788_900, 1_953_400)),
    ((S,) * 6, (73_306, 79_156, 80_456), (7_783_050, 7_788_900, 1_953_400)),
    ((C1,) * 6, (241_306, 247_156, 248_456), (31_376_010, 31_381_860, 7_851_640)),
    ((C3, N, C3, S, N, S), (559_386, 565_236, 566_536), (78_561_930, 78_567_780, 19_648_120)),
    ((C3, C3, P, S, C3, S), (802_426, 808_276, 809_576), (113_951_370, 113_957_220, 28_495_480)),
    (
        (C3, C3, C3, S, C3, P),
        (1_045_466, 1_051_316, 1_052_616),
        (149_340_810, 149_346_660, 37_342_840),
    ),
    (
        (C3, C3, C3, S, C3, C3),
        (1_288_506, 1_294_356, 1_295_656),
        (184_730_250, 184_736_100, 46_190_200),
    ),
    ((C3,) * 6, (1_531_546, 1_537_396, 1_538_696), (220_119_690, 220_125_540, 55_037_560)),
]


@pytest.mark.parametrize(("operations", "params", "macs"), TOPOLOGIES)
def test_topology_table(operations, params, macs):
    space = get_space("nats-tss")
    shapes = (CIFAR10, CIFAR100, IMAGENET16)
    found = [space.counts(architecture(operations), shape) for shape in shapes]
    assert tuple(counts.params for counts in found) == params
    assert tuple(counts.macs for counts in found) == macs


def test_published_index_0():
    space = get_space("nats-tss")
    counts = space.counts(architecture((P, C1, S, C1, S, S)), CIFAR10)
    assert (counts.params, counts.macs) == (129_306, 15_647_370)


def test_all_28_pairs_of_counts_equal_the_built_network():
    space, shape = get_space("nats-tss"), NetworkShape(depth=2)
    found = set()
    for threes in range(7):
        for ones in range(7 - threes):
            text = architecture((C3,) * threes + (C1,) * ones + (P,) * (6 - threes - ones))
            counts = space.counts(text, shape)
            found.add((counts.params, counts.macs))
            assert counts.params == built_params(space, text, shape)
    assert len(found) == 28


def test_the_published_depth_equals_the_built_network():
    space = get_space("nats-tss")
    text = architecture((C3, C1, N, S, C3, P))
    assert space.counts(text, CIFAR10).params == built_params(space, text, CIFAR10)


def test_topology_space_has_28_values():
    space = get_space("nats-tss")
    assert len({space.counts(text, CIFAR10) for text in space.architectures()}) == 28


SIZES = [
    ("8:8:8:8:8", (11_714, 12_524, 12_704), (4_481_114, 4_481_924, 1_121_336)),
    ("8:8:8:16:32", (49_202, None, None), (6_840_650, None, None)),
    ("8:8:40:32:40", (144_834, None, None), (21_827_994, None, None)),
    ("64:64:64:64:64", (713_674, None, None), (274_399_882, None, None)),
]


@pytest.mark.parametrize(("text", "params", "macs"), SIZES)
def test_size_table(text, params, macs):
    space = get_space("nats-sss")
    for classes, resolution, parameters, operations in zip(
        (10, 100, 120), (32, 32, 16), params, macs, strict=True
    ):
        shape = NetworkShape(16, 1, resolution, 3, classes)
        counts = space.counts(text, shape)
        if parameters is not None:
            assert (counts.params, counts.macs) == (parameters, operations)


GENOTYPES = {
    "DARTS_V1": (3_169_414, 500_988),
    "DARTS_V2": (3_349_342, 528_359),
    "NASNet": (3_830_950, 603_452),
    "AmoebaNet": (3_145_078, 488_932),
    "P-DARTS": (3_433_798, None),
}


def test_every_known_genotype_has_a_reference():
    assert set(GENOTYPES) == set(KNOWN)


@pytest.mark.parametrize("name", GENOTYPES)
def test_darts_table(name):
    space = get_space("darts")
    counts = space.counts(name, space.published_shape)
    params, kilomacs = GENOTYPES[name]
    assert counts.params == params
    if kilomacs is not None:
        assert round(counts.macs / 1000) == kilomacs


def test_further_darts_sizes():
    space = get_space("darts")
    assert space.counts("DARTS_V1", NetworkShape(36, 6, num_classes=100)).params == 3_221_344
    assert space.counts("DARTS_V2", NetworkShape(36, 6, num_classes=100)).params == 3_401_272
    assert space.counts("DARTS_V2", NetworkShape(16, 2)).params == 246_106


def built_params(space, text, shape):
    with torch.device("meta"):
        network = space.build(text, shape)
    return sum(value.numel() for value in network.parameters())


def flop_counter_macs(space, text, shape):
    """MACs by PyTorch's counter, which leaves out the bias of the linear layer."""
    with torch.device("meta"):
        network = space.build(text, shape).eval()
        images = torch.empty(1, shape.in_channels, shape.resolution, shape.resolution)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(images)
    return counter.get_total_flops() // 2 + shape.num_classes


SHAPES = [
    NetworkShape(16, 2, 32, 3, 10),
    NetworkShape(4, 1, 8, 1, 10),
    NetworkShape(6, 1, 7, 1, 3),
    NetworkShape(5, 1, 28, 1, 47),
    NetworkShape(8, 1, 13, 3, 100),
]


@pytest.mark.parametrize("name", ["nats-tss", "nats-sss", "darts"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_closed_form_equals_the_flop_counter(name, shape, monkeypatch):
    # Counts include operations that a forward pass may leave out, so here it computes them all.
    monkeypatch.setattr(cell_network_module, "computed_edges", lambda operations: (True,) * 6)
    space = get_space(name)
    rng = np.random.default_rng(SHAPES.index(shape))
    for _ in range(2):
        text = space.mutate(space.random(rng), rng, 0.5)
        counts = space.counts(text, shape)
        assert counts.params == built_params(space, text, shape)
        assert counts.macs == flop_counter_macs(space, text, shape), text


def test_known_genotypes_equal_the_flop_counter_at_an_odd_side():
    space = get_space("darts")
    shape = NetworkShape(5, 1, 11, 1, 3)
    for name in KNOWN:
        counts = space.counts(name, shape)
        assert counts.params == built_params(space, name, shape)
        assert counts.macs == flop_counter_macs(space, name, shape)


def test_a_shape_below_one_is_refused():
    with pytest.raises(ValueError, match="network depth must be at least 1"):
        NetworkShape(depth=0)
