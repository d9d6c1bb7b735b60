"""What a baseline is, as data: a model's name, how it is fitted to small images, its recipe."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ValidationError, model_validator

from imbnas.errors import InputError
from imbnas.units.bounds import Side
from imbnas.units.frozen import FrozenModel, content_sha256
from imbnas.units.recipes import Recipe
from imbnas.validation import first_fault


def _as_pairs(value: Any) -> Any:
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


def _frozen(value: Any) -> Any:
    """Make lists tuples, so that options are hashable; anything but plain values is refused."""
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    if isinstance(value, int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError(f"{value!r} must be a finite number, text, true, false or a list of these")


def _freeze_values(pairs: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    frozen = []
    for name, value in pairs:
        try:
            frozen.append((name, _frozen(value)))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return tuple(frozen)


OptionPairs = Annotated[
    tuple[tuple[str, Any], ...], BeforeValidator(_as_pairs), AfterValidator(_freeze_values)
]


def first_problem(error: ValidationError) -> str:
    """Phrase the first problem that pydantic found as one line that names the key."""
    fault = first_fault(error)
    if fault.kind == "extra_forbidden":
        fault = fault._replace(message="unknown key; remove it or correct its spelling")
    if fault.kind == "missing":
        fault = fault._replace(message="required key is missing; add it")
    return str(fault)


@dataclass(frozen=True, order=True)
class ImageShape:
    """What a baseline is fitted to.

    Attributes:
        resolution: side of the square images in pixels.
        in_channels: 1 for grey, 3 for colour.
        num_classes: outputs of the classifier.
    """

    resolution: int
    in_channels: int
    num_classes: int


class SmallImageFitting(FrozenModel):
    """How a network made for large images is fitted to small ones.

    Convolutional networks halve their maps up to five times. Strides are taken out from the input
    side (the stem first) until the network reduces the image by ``resolution // smallest_map``,
    rounded down to a power of two, or by ``least_reduction``, whichever is more. Images large
    enough for the network's own strides get the network as published.

    Attributes:
        smallest_map: side in pixels that the last feature map should at least have.
        least_reduction: the image is reduced at least this much, whatever the last map becomes;
            a power of two. It bounds the cost on very small images.
        patch_grid: for networks of patch tokens: patches along a side. The patch size becomes
            the largest divisor of the resolution that gives at least this many. ``None`` for
            networks without patch tokens.
        largest_patch: side in pixels of the published network's patches, which is never exceeded.
        pooling: how the last map becomes one feature vector; ``None`` keeps the network's own.
        input_size: side in pixels to which smaller images are enlarged bilinearly inside the
            network; ``None`` for never. Only for networks that no other field can fit.
        smallest_resolution: side in pixels of the smallest images the network takes.
        largest_resolution: side in pixels of the largest images; ``None`` for no limit.
        multiple_of: the resolution must be a multiple of this number of pixels.
    """

    smallest_map: Side = 4
    least_reduction: Side = 8
    patch_grid: Side | None = None
    largest_patch: Side = 16
    pooling: Literal["avg", "max", "token"] | None = None
    input_size: Side | None = None
    smallest_resolution: Side = 4
    largest_resolution: Side | None = None
    multiple_of: Side = 1

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.least_reduction & (self.least_reduction - 1):
            raise ValueError("least_reduction must be a power of two, such as 8")
        largest = self.largest_resolution
        if largest is not None and largest < self.smallest_resolution:
            raise ValueError("largest_resolution is below smallest_resolution")
        return self

    @property
    def changes_network(self) -> bool:
        """Whether any rule differs from the defaults that networks for small images ignore."""
        rules = {"smallest_map", "least_reduction", "patch_grid", "largest_patch", "pooling"}
        return bool(rules & self.model_dump(exclude_defaults=True).keys())

    def target_reduction(self, resolution: int) -> int:
        """Return by how much the network may reduce an image's side; a power of two.

        Args:
            resolution: side of the image in pixels, at least 1.
        """
        wanted = max(resolution // self.smallest_map, min(self.least_reduction, resolution), 1)
        return 1 << (wanted.bit_length() - 1)

    def patch_size(self, resolution: int) -> int:
        """Return the side in pixels of a patch.

        Args:
            resolution: side of the image in pixels.
        """
        limit = max(1, min(self.largest_patch, resolution // (self.patch_grid or 1)))
        return next(size for size in range(limit, 0, -1) if resolution % size == 0)

    def sizes(self) -> str:
        """Phrase which resolutions are taken, for messages."""
        smallest, largest, step = (
            self.smallest_resolution,
            self.largest_resolution,
            self.multiple_of,
        )
        if largest == smallest:
            return f"{smallest} pixels only"
        span = (
            f"{smallest} pixels and above" if largest is None else f"{smallest} to {largest} pixels"
        )
        return span if step == 1 else f"multiples of {step}, {span}"

    def takes(self, resolution: int) -> bool:
        """Whether images of this side in pixels are within the stated sizes."""
        return (
            resolution >= self.smallest_resolution
            and (self.largest_resolution is None or resolution <= self.largest_resolution)
            and resolution % self.multiple_of == 0
        )


class BaselineSpec(FrozenModel):
    """A baseline: a network by name, its fitting, and what it changes of a recipe.

    Attributes:
        name: the TOML file's stem, or the timm name of an ad hoc baseline.
        version: changes whenever results made with the baseline would change.
        summary: one line, with a citation where there is one.
        source: ``timm``, or ``imbnas`` for networks made for small images that timm does not have;
            of the fitting they take only ``input_size`` and the sizes.
        model: the network's name in its source; a timm tag (``resnet10t.c3_in1k``) picks the
            pretrained weights.
        model_options: keyword arguments of the network's constructor, sorted by name; numbers,
            text, booleans, and lists of these, also nested.
        fitting: see ``SmallImageFitting``.
        recipe: the baseline's whole recipe, in place of the suite's.
        recipe_changes: fields that replace those of the suite's recipe, sorted by name.
    """

    name: str
    version: str
    summary: str
    source: Literal["timm", "imbnas"] = "timm"
    model: str
    model_options: OptionPairs = ()
    fitting: SmallImageFitting = SmallImageFitting()
    recipe: Recipe | None = None
    recipe_changes: OptionPairs = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.recipe is not None and self.recipe_changes:
            raise ValueError("give recipe (the whole) or recipe_changes (a few fields), not both")
        if self.source == "imbnas" and self.fitting.changes_network:
            raise ValueError("fitting: a network of imbnas takes only input_size and sizes")
        unknown = sorted(key for key, _ in self.recipe_changes if key not in Recipe.model_fields)
        if unknown:
            raise ValueError(f"recipe_changes: a recipe has no field {unknown[0]!r}")
        return self

    @property
    def digest(self) -> str:
        """Hex sha256 of the canonical content; equal exactly for equal baselines."""
        return content_sha256(self)

    def recipe_for(self, suite: Recipe) -> Recipe:
        """Return the recipe this baseline is trained with.

        Args:
            suite: the recipe of the suite's fidelity.

        Raises:
            InputError: the changed recipe is not consistent.
        """
        if self.recipe is not None:
            return self.recipe
        try:
            return Recipe.model_validate(suite.model_dump() | dict(self.recipe_changes))
        except ValidationError as error:
            raise InputError(
                f"baseline {self.name}: recipe_changes: {first_problem(error)}"
            ) from None

    def check_resolution(self, resolution: int) -> None:
        """Refuse images outside the stated sizes, without building the network.

        Args:
            resolution: side of the image in pixels.

        Raises:
            InputError: names the sizes that the baseline takes.
        """
        if not self.fitting.takes(resolution):
            raise InputError(
                f"baseline {self.name} cannot take images of {resolution} pixels; "
                f"it takes {self.fitting.sizes()}"
            )
