"""Every baseline builds, runs forward and backward, and is counted, at every size it claims."""

import pytest
import timm
import torch

from imbnas.baselines.catalogue import BASELINES, load_baseline
from imbnas.baselines.networks import build, counts
from imbnas.units.networks import ImageClassifier


def train_step(name, resolution, in_channels, num_classes):
    torch.manual_seed(0)
    network = build(
        load_baseline(name),
        resolution=resolution,
        in_channels=in_channels,
        num_classes=num_classes,
    )
    assert isinstance(network, ImageClassifier)
    network.train()
    images = torch.randn(2, in_channels, resolution, resolution)
    features = network.forward_features(images)
    logits = network.classifier(features)
    assert features.shape == (2, network.num_features)
    assert logits.shape == (2, num_classes)
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, num_classes - 1])).backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name


@pytest.mark.parametrize("name", BASELINES.names())
@pytest.mark.parametrize(("resolution", "in_channels"), [(8, 1), (32, 3)])
def test_small_images_train(name, resolution, in_channels):
    train_step(name, resolution, in_channels, num_classes=10)
