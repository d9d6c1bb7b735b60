"""Resolves baselines: by name to a model that a unit can name, and checks that they fit."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imbnas.baselines import check, find_weights, load_baseline, weights_identity
from imbnas.baselines.spec import ImageShape
from imbnas.units.unit import BaselineModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imbnas.baselines import BaselineSpec
    from imbnas.data.locations import DataLocations
    from imbnas.spaces import NetworkShape


@dataclass(frozen=True)
class NamedBaseline:
    """A baseline that was looked up.

    Attributes:
        spec: how its network is made and fitted.
        model: what a unit calls it.
        pretrained: its weights' file, ``True`` for those that timm publishes, ``False`` for
            random ones.
    """

    spec: "BaselineSpec"
    model: BaselineModel
    pretrained: Path | bool

    def check(self, images: "Iterable[ImageShape]") -> None:
        """Refuse a baseline that cannot be built for every one of the images.

        Pretrained weights are loaded, or fetched, once for each.

        Raises:
            InputError: it cannot take images of a size (names those it takes), or its weights
                cannot be loaded.
        """
        for image in images:
            check(self.spec, image, self.pretrained)


def image_shape(shape: "NetworkShape") -> ImageShape:
    """The part of a network's shape that a baseline has."""
    return ImageShape(shape.resolution, shape.in_channels, shape.num_classes)


def name_baseline(name: str, pretrained: bool, locations: "DataLocations") -> NamedBaseline:
    """Look a baseline up, and its weights.

    Args:
        name: a shipped baseline, a baseline's TOML file, or any model of timm.
        pretrained: whether it starts from pretrained weights.
        locations: where weights may lie.

    Raises:
        InputError: the file cannot be used, or no weights exist or may be fetched.
        UnknownNameError: no baseline has that name; offers the nearest ones.
    """
    spec = load_baseline(name)
    weights = pretrained and find_weights(spec, locations.pretrained, locations.offline)
    model = BaselineModel(
        baseline=name,
        version=spec.version,
        spec_sha256=spec.digest,
        weights=weights_identity(spec, weights) if weights else None,
    )
    return NamedBaseline(spec, model, weights)
