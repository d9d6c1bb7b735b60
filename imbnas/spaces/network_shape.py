"""The shape of a network: for a dataset's images, or as somebody asks for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from imbnas.errors import InputError
from imbnas.spaces.space import NetworkShape, Space
from imbnas.spaces.stems import check_stem
from imbnas.units.stem import Stem
from imbnas.validation import make_with_options

if TYPE_CHECKING:
    from imbnas.units.recipes import Recipe


class Images(Protocol):
    """What a shape depends on; every dataset has it.

    Attributes:
        name: of the dataset.
        resolution: side of the images in pixels, or ``None`` where they differ in size.
        channels: 1 for grey images, 3 for colour.
        num_classes: of the dataset.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def resolution(self) -> int | None: ...  # noqa: D102
    @property
    def channels(self) -> int: ...  # noqa: D102
    @property
    def num_classes(self) -> int: ...  # noqa: D102


def network_shape(images: Images, recipe: "Recipe") -> NetworkShape:
    """Shape of a network for images under a recipe.

    Raises:
        InputError: the recipe leaves the resolution open and the images differ in size.
    """
    resolution = recipe.resolution or images.resolution
    if resolution is None:
        raise InputError(f"dataset {images.name!r}: its images differ in size; set resolution")
    return NetworkShape(
        width=recipe.width,
        depth=recipe.depth,
        resolution=resolution,
        in_channels=images.channels,
        num_classes=images.num_classes,
        stem=recipe.stem,
    )


def chosen_shape(
    space: Space,
    *,
    width: int | None = None,
    depth: int | None = None,
    resolution: int | None = None,
    in_channels: int | None = None,
    num_classes: int | None = None,
    stem_kernel: int | None = None,
    stem_stride: int | None = None,
) -> NetworkShape:
    """The published shape of a space with some of its sizes replaced.

    Args:
        space: of the network.
        width: channels of the first stage.
        depth: cells in each stage.
        resolution: side of the square input in pixels.
        in_channels: 1 for grey, 3 for colour.
        num_classes: outputs of the classifier.
        stem_kernel: side of the first convolution's kernel in pixels.
        stem_stride: its stride in pixels.

    Raises:
        InputError: a size below 1, or a stem that the space does not build.
    """
    sizes = {
        "width": width,
        "depth": depth,
        "resolution": resolution,
        "in_channels": in_channels,
        "num_classes": num_classes,
    }
    stem = {"kernel": stem_kernel, "stride": stem_stride}
    shape = replace(space.published_shape, **_given(sizes))
    if changed := _given(stem):
        shape = replace(shape, stem=make_with_options(Stem, changed, "stem"))
        check_stem(space, shape.stem, shape.resolution)
    return shape


def _given(sizes: Mapping[str, int | None]) -> dict[str, Any]:
    return {name: value for name, value in sizes.items() if value is not None}
