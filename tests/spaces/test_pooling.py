import pytest
import torch
from torch import nn

from imbnas.spaces.pooling import SMALLEST_CONVOLVED, AveragePool

PUBLISHED = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
SHAPES = [(2, 8, 16, 16), (1, 1, 17, 32), (3, 24, SMALLEST_CONVOLVED, 19), (2, 4, 8, 8)]


def features_of(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    features = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    return features.contiguous(memory_format=torch.channels_last).requires_grad_()


def gradient_of(pool: nn.Module, features: torch.Tensor) -> torch.Tensor:
    weights = torch.linspace(-1, 1, features.numel(), dtype=features.dtype).view(features.shape)
    (gradient,) = torch.autograd.grad((pool(features) * weights).sum(), features)
    return gradient


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_values_and_gradients_are_those_of_pytorch(shape: tuple[int, ...]) -> None:
    features = features_of(shape)
    torch.testing.assert_close(AveragePool()(features), PUBLISHED(features))
    torch.testing.assert_close(
        gradient_of(AveragePool(), features), gradient_of(PUBLISHED, features)
    )


@pytest.mark.parametrize("side", [8, SMALLEST_CONVOLVED - 1])
def test_small_images_are_pooled_by_pytorch_itself(side: int) -> None:
    features = features_of((4, 8, side, side))
    assert torch.equal(AveragePool()(features), PUBLISHED(features))


@pytest.mark.parametrize("side", [8, 16, 32])
def test_an_image_is_pooled_alike_in_any_batch(side: int) -> None:
    features = features_of((64, 8, side, side)).detach()
    whole = AveragePool()(features)
    for size in (1, 3, 32):
        assert torch.equal(AveragePool()(features[:size]), whole[:size])


def test_channels_side_by_side_do_not_touch() -> None:
    features = features_of((8, 48, 16, 16)).detach()
    whole = AveragePool()(features)
    other = features.clone()
    other[:, 8:] = -7.0
    assert torch.equal(AveragePool()(other)[:, :8], whole[:, :8])


def test_other_types_and_autocast_keep_what_pytorch_gives() -> None:
    features = features_of((2, 8, 16, 16), torch.float64)
    assert torch.equal(AveragePool()(features), PUBLISHED(features))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        features = features_of((2, 8, 16, 16))
        found, expected = AveragePool()(features), PUBLISHED(features)
    assert found.dtype == expected.dtype
    assert torch.equal(found, expected)


def test_gradients_can_be_differentiated_and_inference_comes_first() -> None:
    with torch.inference_mode():
        AveragePool()(torch.ones(1, 2, 16, 16))
    features = features_of((1, 2, 16, 16))
    (gradient,) = torch.autograd.grad(
        AveragePool()(features).square().sum(), features, create_graph=True
    )
    (second,) = torch.autograd.grad(gradient.square().sum(), features)
    (expected,) = torch.autograd.grad(
        torch.autograd.grad(PUBLISHED(features).square().sum(), features, create_graph=True)[0]
        .square()
        .sum(),
        features,
    )
    torch.testing.assert_close(second, expected)
