"""Networks, their counts and the identity of their function, by space and architecture."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from imbnas.baselines import counts as counts_of_baseline
from imbnas.baselines.networks import build as build_baseline
from imbnas.baselines.registry import load_baseline
from imbnas.baselines.spec import BaselineSpec, ImageShape
from imbnas.errors import InputError
from imbnas.spaces import Counts, NetworkShape, Space, get_space
from imbnas.spaces.network_shape import chosen_shape
from imbnas.validation import make_with_options

if TYPE_CHECKING:
    from imbnas.units.networks import ImageClassifier

_BASELINES = ("timm", "imbnas")


def build_network(space: str, architecture: str, **sizes: int) -> "ImageClassifier":
    """Build a network with fresh weights, which come from torch's global generator.

    Args:
        space: registry name of a search space; ``timm`` or ``imbnas`` for a baseline.
        architecture: a string of the space, in any spelling; a baseline's name, its TOML file, or
            the name of any timm model.
        sizes: ``num_classes`` (10), ``resolution`` (side of the images in pixels; 32) and
            ``in_channels`` (1 for grey, 3 for colour); of an architecture also ``width`` (channels
            of the first stage), ``depth`` (cells in each stage), ``stem_kernel`` and
            ``stem_stride`` (pixels). What is not given is as published for CIFAR-10.

    Returns:
        An ``nn.Module`` from (B, C, H, W) images to (B, K) logits, which are
        ``network.classifier(network.forward_features(images))``.

    Raises:
        InputError: an unknown space, architecture or baseline, or a size that it cannot have.

    Example:
        >>> import imbnas, torch
        >>> network = imbnas.build_network("darts", "DARTS_V2", width=8, depth=3, num_classes=100)
        >>> network(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 100])
        >>> baseline = imbnas.build_network("imbnas", "cifar_resnet8_w4", in_channels=1)
        >>> baseline.num_features
        16
    """
    if space in _BASELINES:
        return build_baseline(*_of_images(space, architecture, sizes))
    found, spelled, shape = _in_space(space, architecture, sizes)
    return found.build(spelled, shape)


def counts(space: str, architecture: str, **sizes: int) -> Counts:
    """Count parameters and multiply-accumulates; of an architecture without building it.

    Arguments and errors are those of ``build_network``.

    Returns:
        ``params``, the trainable parameters, and ``macs``, the multiply-accumulates of
        convolutions and linear layers for one image.

    Example:
        >>> import imbnas
        >>> cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_3x3~2|"
        >>> imbnas.counts("nats-tss", cell)
        Counts(params=559386, macs=78561930)
        >>> imbnas.counts("nats-tss", cell, num_classes=100, resolution=64).macs
        314251620
    """
    if space in _BASELINES:
        counted = counts_of_baseline(*_of_images(space, architecture, sizes))
        return Counts(counted.params, counted.macs)
    found, spelled, shape = _in_space(space, architecture, sizes)
    return found.counts(spelled, shape)


def functional_id(space: str, architecture: str) -> str:
    """Identify the function of an architecture as a graph of operations.

    Architectures of equal ids compute equal functions when operations at equal places have equal
    weights; training both is training one of them twice.

    Args:
        space: registry name of a search space.
        architecture: a string of the space, in any spelling.

    Raises:
        InputError: an unknown space, or no architecture of it.

    Example:
        >>> import imbnas
        >>> one = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_3x3~2|"
        >>> other = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|nor_conv_3x3~1|none~2|"
        >>> imbnas.functional_id("nats-tss", one) == imbnas.functional_id("nats-tss", other)
        True
    """
    found = get_space(space)
    return found.functional_id(found.parse(architecture))


def _in_space(
    space: str, architecture: str, sizes: Mapping[str, int]
) -> tuple[Space, str, NetworkShape]:
    found = get_space(space)
    spelled = found.parse(architecture)
    shape = make_with_options(partial(chosen_shape, found), sizes, f"network of {space}")
    return found, spelled, shape


def _of_images(space: str, name: str, sizes: Mapping[str, int]) -> tuple[BaselineSpec, ImageShape]:
    spec = load_baseline(name)
    if spec.source != space:
        raise InputError(
            f"baseline {name!r}: it is one of {spec.source}, not of {space}; "
            f"give {spec.source!r} in the place of {space!r}"
        )
    return spec, make_with_options(_image_shape, sizes, f"baseline {name!r}")


def _image_shape(resolution: int = 32, in_channels: int = 3, num_classes: int = 10) -> ImageShape:
    shape = NetworkShape(resolution=resolution, in_channels=in_channels, num_classes=num_classes)
    return ImageShape(**shape.of_images())
