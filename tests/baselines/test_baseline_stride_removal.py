"""Taking strides out gives the adaptations that people make by hand."""

import pytest
import timm
import torch
from torch import nn

from imbnas.baselines.stride_removal import body_reduction, limit_reduction
from imbnas.baselines.tracing import StridedModule, strided_modules


def limited(network, target, *, keep_weights=False, resolution=256):
    limit_reduction(
        network, target, in_channels=3, resolution=resolution, keep_weights=keep_weights
    )
    return network.eval()


@pytest.fixture
def images():
    return torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_resnet18_becomes_the_usual_cifar_resnet18(images):
    by_hand = timm.create_model("resnet18", num_classes=0).eval()
    network = timm.create_model("resnet18", num_classes=0)
    network.load_state_dict(by_hand.state_dict())
    by_hand.conv1.stride = (1, 1)
    by_hand.maxpool = nn.Identity()
    with torch.no_grad():
        torch.testing.assert_close(limited(network, 8)(images), by_hand(images))


def test_levels_change_together():
    block = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, stride=2, padding=1),
        nn.AvgPool2d(2),
    )
    found = strided_modules(block, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d), 3, 64)
    assert found == tuple(StridedModule(str(index), 2**index, 2) for index in range(4))
    limited(block, 4, resolution=64)
    assert block[0].stride == (1, 1)
    assert isinstance(block[1], nn.Identity)
    assert block[2].stride == (2, 2)
    assert isinstance(block[3], nn.AvgPool2d)


@pytest.mark.parametrize("target", [1, 2, 4, 8, 16, 32, 64])
@pytest.mark.parametrize("name", ["resnet10t", "test_convnext", "test_efficientnet"])
def test_the_reduction_is_the_wanted_one(name, target, images):
    network = timm.create_model(name, num_classes=0)
    own = body_reduction(network, 3, 256)
    limited(network, target)
    assert body_reduction(network, 3, 256) == min(own, target)
    with torch.no_grad():
        maps = network.forward_features(images)
    assert maps.shape[-1] == max(1, 32 // min(own, target))


def test_blur_pooling_is_taken_out(images):
    network = limited(timm.create_model("resnetblur18", num_classes=0), 4)
    with torch.no_grad():
        assert network.forward_features(images).shape[-1] == 8


def test_a_larger_target_changes_nothing():
    network = timm.create_model("test_convnext", num_classes=0)
    before = {name: str(module) for name, module in network.named_modules()}
    limited(network, 64)
    assert {name: str(module) for name, module in network.named_modules()} == before


def test_smaller_patches_resample_weights_only_when_they_are_kept():
    stem = nn.Sequential(nn.Conv2d(3, 16, 4, stride=4), nn.Conv2d(16, 16, 3, padding=1))
    nn.init.ones_(stem[0].weight)
    limited(stem, 2, keep_weights=True, resolution=64)
    assert stem[0].weight.shape == (16, 3, 2, 2)
    # A constant patch must still get about the same answer, the sum of 4×4 ones.
    torch.testing.assert_close(
        stem[0].weight.detach().sum((2, 3)), torch.full((16, 3), 16.0), rtol=0.1, atol=0
    )
    assert stem[0](torch.zeros(1, 3, 8, 8)).shape[-1] == 4

    fresh = nn.Sequential(nn.Conv2d(3, 512, 4, stride=4))
    spread = float(fresh[0].weight.detach().std())
    limited(fresh, 1, resolution=64)
    assert fresh[0].weight.shape == (512, 3, 1, 1)
    assert float(fresh[0].weight.detach().std()) == pytest.approx(4 * spread, rel=0.1)
    assert fresh[0].weight.requires_grad
