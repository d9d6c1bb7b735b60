"""The shape of a network for a dataset's images."""

from typing import TYPE_CHECKING, Protocol

from imbnas.errors import InputError
from imbnas.spaces.space import NetworkShape

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
