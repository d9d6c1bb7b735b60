import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from imbnas.errors import UnknownNameError
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.darts.network import FactorizedReduce
from imbnas.spaces.nats.cell_string import OPERATIONS, architecture
from imbnas.spaces.nats.layout import plan, topology_widths
from imbnas.spaces.nats.network import CellNetwork
from imbnas.spaces.nats.operations import ReluConvBn, ResidualBlock, edge_operation
from imbnas.units.networks import ImageClassifier

SMALL = NetworkShape(width=4, depth=1, resolution=8, in_channels=1, num_classes=5)
SPACES = ["nats-tss", "nats-sss", "darts"]


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("resolution", [8, 7, 5])
def test_networks_are_image_classifiers_at_small_sides(name, resolution):
    space = get_space(name)
    shape = NetworkShape(4, 1, resolution, 1, 5)
    images = torch.randn(3, 1, resolution, resolution)
    for text in space.sample(3, seed=resolution):
        network = space.build(text, shape)
        assert isinstance(network, ImageClassifier)
        network.eval()
        features = network.forward_features(images)
        assert features.shape == (3, network.num_features)
        assert torch.equal(network.classifier(features), network(images))
        assert network(images).shape == (3, 5)
        network.classifier = nn.Linear(network.num_features, 2)
        assert network(images).shape == (3, 2)


@pytest.mark.parametrize("name", SPACES)
def test_initial_weights_come_from_the_global_generator_alone(name):
    space = get_space(name)
    text = space.sample(1, 0)[0]
    states = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        states.append(space.build(text, SMALL).state_dict())
    equal = [all(torch.equal(states[0][key], state[key]) for key in state) for state in states]
    assert equal == [True, True, False]


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_dead_architectures_give_constant_logits(mode):
    space = get_space("nats-tss")
    dead = [text for text in space.architectures() if space.is_dead(text)]
    leaking = architecture(("none", "none", "nor_conv_3x3", "none", "nor_conv_1x1", "skip_connect"))
    assert leaking in dead
    for text in [*dead[::40], leaking]:
        network = space.build(text, SMALL)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.bias)
        getattr(network, mode)()
        logits = network(torch.randn(4, 1, 8, 8))
        torch.testing.assert_close(logits, logits[:1].expand(4, -1))


@pytest.mark.parametrize("name", SPACES)
def test_live_architectures_do_not(name):
    space = get_space(name)
    for text in space.sample(5, 3):
        # Batch statistics keep the signal of an untrained network from fading.
        logits = space.build(text, SMALL).train()(torch.randn(4, 1, 8, 8))
        assert logits.std(dim=0).max() > 1e-2


def test_the_network_is_the_published_one():
    """Every convolution of one cell network, read off the definition of the benchmark."""
    text = architecture(("nor_conv_3x3", "none", "nor_conv_1x1", "skip_connect", "none", "none"))
    network = get_space("nats-tss").build(text, NetworkShape(depth=2))
    found = [
        (m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0], m.padding[0], m.bias is None)
        for m in network.modules()
        if isinstance(m, nn.Conv2d)
    ]
    expected = [(3, 16, 3, 1, 1, True)]
    for channels in (16, 32, 64):
        if channels > 16:
            expected += [
                (channels // 2, channels, 3, 2, 1, True),
                (channels, channels, 3, 1, 1, True),
                (channels // 2, channels, 1, 1, 0, True),
            ]
        expected += [(channels, channels, 3, 1, 1, True), (channels, channels, 1, 1, 0, True)] * 2
    assert found == expected
    assert len(network.cells) == 6
    assert [type(m).__name__ for m in network.stem] == ["Conv2d", "BatchNorm2d"]
    heads = ["BatchNorm2d", "ReLU", "AdaptiveAvgPool2d", "Flatten"]
    assert [type(m).__name__ for m in network.head] == heads


def test_size_space_projects_skips_without_relu():
    space = get_space("nats-sss")
    network = space.build("8:16:24:24:8", space.published_shape)
    skips = [cell.edges[3] for cell in network.cells]
    kinds = [[type(part).__name__ for part in skip.children()] for skip in skips]
    assert kinds == [[], ["Conv2d", "BatchNorm2d"], ["Conv2d", "BatchNorm2d"]]


def test_residual_block_by_hand():
    block = ResidualBlock(2, 3).eval()
    images = torch.randn(2, 2, 6, 6)
    first, second = block.main[0][1].weight, block.main[1][1].weight
    scale = (1 + 1e-5) ** -0.5  # of a fresh normalisation in evaluation
    main = F.conv2d(images.relu(), first, stride=2, padding=1) * scale
    main = F.conv2d(main.relu(), second, padding=1) * scale
    pooled = images.unfold(2, 2, 2).unfold(3, 2, 2).mean(dim=(4, 5))
    shortcut = torch.einsum("oi,bihw->bohw", block.shortcut[1].weight[:, :, 0, 0], pooled)
    torch.testing.assert_close(block(images), main + shortcut)


def test_average_pool_leaves_padding_out():
    pool = edge_operation("avg_pool_3x3", 1, 1)
    assert torch.equal(pool(torch.ones(1, 1, 4, 4)), torch.ones(1, 1, 4, 4))


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_change_channels_where_asked(name):
    module = edge_operation(name, 3, 5)
    assert module(torch.randn(2, 3, 6, 6)).shape == (2, 5, 6, 6)


def test_unknown_operations_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'none'"):
        edge_operation("non", 3, 3)


def test_without_affine_normalisation_convolutions_have_a_bias():
    module = ReluConvBn(3, 5, 3, affine=False)
    assert module[1].bias is not None
    assert not module[2].affine
    assert ReluConvBn(3, 5, 3)[1].bias is None


class Mixture(nn.Module):
    """A supernet's cell: all operations on each edge; the genotype is one index an edge."""

    def __init__(self, channels, affine):
        super().__init__()
        self.edges = nn.ModuleList(
            nn.ModuleList(edge_operation(name, channels, channels, affine) for name in OPERATIONS)
            for _ in range(6)
        )

    def forward(self, features, genotype):
        return self.edges[0][genotype[0]](features)


@pytest.mark.parametrize(("affine", "published"), [(True, 1_699_576), (False, 1_692_728)])
def test_a_supernet_can_be_plugged_into_the_skeleton(affine, published):
    shape = NetworkShape()
    stages = plan(topology_widths(16), shape)
    network = CellNetwork(stages, shape, lambda channels, _: Mixture(channels, affine), affine)
    alphas = 30
    assert sum(value.numel() for value in network.parameters()) + alphas == published
    images = torch.randn(2, 3, 8, 8)
    assert network(images, (3,)).shape == (2, 10)
    assert not torch.equal(network(images, (3,)), network(images, (1,)))


def test_factorized_reduce_sees_both_grids():
    module = FactorizedReduce(1, 2).eval()
    for convolution in (module.even, module.odd):
        nn.init.ones_(convolution.weight)
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    out = module(image) * (1 + 1e-5) ** 0.5
    torch.testing.assert_close(out[0, 0], image[0, 0, ::2, ::2])
    torch.testing.assert_close(out[0, 1], image[0, 0, 1::2, 1::2])


def test_gradients_reach_every_weight_that_counts():
    space = get_space("nats-tss")
    rng = np.random.default_rng(0)
    for _ in range(5):
        text = space.representatives()[rng.integers(4_929)]
        network = space.build(text, SMALL)
        network(torch.randn(3, 1, 8, 8)).square().sum().backward()
        assert all(value.grad is not None for value in network.parameters())
