"""Builds baselines as networks of the one shape that everything trainable has, and counts them."""

from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from imbnas.baselines.cifar_resnet import CifarResNet
from imbnas.baselines.pretrained import Pretrained, check_pretrained
from imbnas.baselines.spec import BaselineSpec, ImageShape
from imbnas.baselines.tracing import macs_per_image, meta_forward
from imbnas.errors import InputError, UnknownNameError
from imbnas.validation import make_with_options

# Basic blocks in each stage.
_OWN_MODELS = {"cifar_resnet8": 1, "cifar_resnet14": 2, "cifar_resnet20": 3, "cifar_resnet32": 5}
_TRIED_SIZES = (8, 16, 32, 64, 128, 224, 256)


@dataclass(frozen=True)
class BaselineCounts:
    """Trainable parameters, and multiply-accumulates of one image's forward pass."""

    params: int
    macs: int


class FittedClassifier(nn.Module):
    """A body of any make with a linear classifier, as ``imbnas.units.networks.ImageClassifier``.

    Args:
        body: maps (B, C, S, S) to (B, F), S being the enlarged side.
        num_features: F.
        num_classes: outputs of the classifier.
        input_size: images smaller than this side in pixels are enlarged bilinearly; ``None``
            for never.
    """

    def __init__(
        self, body: nn.Module, num_features: int, num_classes: int, input_size: int | None
    ) -> None:
        super().__init__()
        self.body = body
        self.num_features = num_features
        self.classifier: nn.Module = nn.Linear(num_features, num_classes)
        self._input_size = input_size

    def forward_features(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, F) pooled features."""
        size = self._input_size
        if size is not None and images.shape[-1] < size:
            images = F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
        features: Tensor = self.body(images)
        return features

    def forward(self, images: Tensor) -> Tensor:
        """Map (B, C, H, W) images to (B, K) logits."""
        logits: Tensor = self.classifier(self.forward_features(images))
        return logits


def build(
    spec: BaselineSpec, shape: ImageShape, pretrained: Pretrained = False
) -> FittedClassifier:
    """Build a baseline fitted to the images; initial weights come from torch's global generator.

    Args:
        spec: the baseline.
        shape: of the images; the classifier always starts from random weights.
        pretrained: ``False`` for random weights, ``True`` for those that timm publishes, or a
            local file of them (safetensors, or a torch file of tensors only).

    Raises:
        InputError: the baseline cannot take images of that size (names the sizes it takes), or
            the pretrained weights cannot be loaded.
        UnknownNameError: the spec names a model that its source does not have.
    """
    spec.check_resolution(shape.resolution)
    inner = _inner_resolution(spec, shape.resolution)
    body = _body(spec, inner, shape.in_channels, pretrained)
    try:
        features = meta_forward(body, (2, shape.in_channels, inner, inner))
    except (RuntimeError, AssertionError, ValueError) as error:
        sizes = _working_sizes(spec, shape.in_channels)
        raise InputError(
            f"baseline {spec.name} cannot take images of {shape.resolution} pixels; of the sizes "
            f"tried it takes {sizes}; set fitting.input_size in a TOML file to enlarge smaller "
            "images"
        ) from error
    return FittedClassifier(body, features.shape[-1], shape.num_classes, spec.fitting.input_size)


def _inner_resolution(spec: BaselineSpec, resolution: int) -> int:
    return max(resolution, spec.fitting.input_size or resolution)


def _working_sizes(spec: BaselineSpec, in_channels: int) -> str:
    """Phrase which of the usual sizes a network takes, by trying them."""
    sizes = [str(size) for size in _TRIED_SIZES if _works(spec, size, in_channels)]
    return ", ".join(sizes) or "none"


def _works(spec: BaselineSpec, resolution: int, in_channels: int) -> bool:
    inner = _inner_resolution(spec, resolution)
    try:
        with torch.random.fork_rng(devices=[]):
            body = _body(spec, inner, in_channels)
        meta_forward(body, (2, in_channels, inner, inner))
    except (RuntimeError, AssertionError, ValueError):
        return False
    return spec.fitting.takes(resolution)


def _body(
    spec: BaselineSpec, resolution: int, in_channels: int, pretrained: Pretrained = False
) -> nn.Module:
    if spec.source == "timm":
        # timm takes seconds to import, in every worker; most units need none of it.
        from imbnas.baselines.timm_models import create_body

        return create_body(
            spec, resolution=resolution, in_channels=in_channels, pretrained=pretrained
        )
    check_pretrained(spec, pretrained)
    if spec.model not in _OWN_MODELS:
        raise UnknownNameError("imbnas model", spec.model, _OWN_MODELS)
    create = partial(CifarResNet, in_channels, _OWN_MODELS[spec.model])
    owner = f"baseline {spec.name}: model_options"
    return make_with_options(create, dict(spec.model_options), owner)


def check(spec: BaselineSpec, shape: ImageShape, pretrained: Pretrained = False) -> None:
    """Refuse a baseline that cannot be built for these images; nothing is kept.

    ``BaselineSpec.check_resolution`` is the part of it that needs no torch. Arguments and errors
    are those of ``build``; weights are loaded, or fetched, to see that they fit.
    """
    _build_aside(spec, shape, pretrained)


@lru_cache(maxsize=256)
def counts(spec: BaselineSpec, shape: ImageShape) -> BaselineCounts:
    """Count a baseline's parameters and MACs; torch's global generator stays as it was.

    The network is built for it, which takes most of the time of resolving a suite, so that counts
    are kept.

    MACs are half of the operations that PyTorch's flop counter sees in evaluation mode, in the
    form that is trained (parallel branches of RepVGG and its like are not merged). Arguments and
    errors are those of ``build``.
    """
    return _count(_build_aside(spec, shape), shape)


def describe(spec: BaselineSpec, shape: ImageShape) -> dict[str, Any]:
    """Describe how a baseline is fitted to images and what it costs; plain values, ready for JSON.

    Arguments and errors are those of ``build``.

    Returns:
        Fields of the spec, the shape and the counts, and

        - ``digest``: hex sha256 of the baseline's content.
        - ``num_features``: width of the pooled features.
        - ``input_size``: side in pixels to which images are enlarged inside; equals
          ``resolution`` where they are not.
        - ``reduction``: by how much strided convolutions and pooling reduce an image's side in all.
        - ``patch_size``: side in pixels of a token's patch; ``None`` without patch tokens.
    """
    from imbnas.baselines.stride_removal import body_reduction

    network, inner = _build_aside(spec, shape), _inner_resolution(spec, shape.resolution)
    has_patches = spec.fitting.patch_grid is not None
    return {
        **spec.model_dump(include={"name", "version", "summary", "source", "model"}),
        "digest": spec.digest,
        **asdict(shape),
        **asdict(_count(network, shape)),
        "num_features": network.num_features,
        "input_size": inner,
        "reduction": body_reduction(network.body, shape.in_channels, inner),
        "patch_size": spec.fitting.patch_size(inner) if has_patches else None,
    }


def _build_aside(
    spec: BaselineSpec, shape: ImageShape, pretrained: Pretrained = False
) -> FittedClassifier:
    """Build a network to look at, leaving torch's global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        return build(spec, shape, pretrained)


def _count(network: FittedClassifier, shape: ImageShape) -> BaselineCounts:
    params = sum(tensor.numel() for tensor in network.parameters() if tensor.requires_grad)
    return BaselineCounts(params, macs_per_image(network, shape.in_channels, shape.resolution))
