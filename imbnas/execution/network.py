"""Builds the network that a unit names."""

from typing import TYPE_CHECKING

from imbnas.baselines import ImageShape, find_weights, load_baseline, weights_identity
from imbnas.baselines import build as build_baseline
from imbnas.baselines import counts as count_baseline
from imbnas.errors import InputError
from imbnas.spaces import Counts, NetworkShape, get_space
from imbnas.units.recipes import Recipe
from imbnas.units.unit import BaselineModel, Model, SpaceModel

if TYPE_CHECKING:
    from pathlib import Path

    from imbnas.baselines import BaselineSpec
    from imbnas.data.dataset import Dataset
    from imbnas.data.locations import DataLocations
    from imbnas.units.networks import ImageClassifier


def network_shape(dataset: "Dataset", recipe: Recipe) -> NetworkShape:
    """Shape of a network for a dataset under a recipe.

    Raises:
        InputError: the recipe leaves the resolution open and the dataset has none of its own.
    """
    resolution = recipe.resolution or dataset.resolution
    if resolution is None:
        raise InputError(f"dataset {dataset.name!r}: its images differ in size; set resolution")
    return NetworkShape(
        width=recipe.width,
        depth=recipe.depth,
        resolution=resolution,
        in_channels=dataset.channels,
        num_classes=dataset.num_classes,
    )


def build_network(
    model: Model, shape: NetworkShape, locations: "DataLocations"
) -> "tuple[ImageClassifier, Counts]":
    """Build a network and count it; initial weights come from torch's global generator.

    Args:
        model: an architecture or a baseline.
        shape: of the images and, for a space, of the network.
        locations: where pretrained weights lie.

    Raises:
        InputError: a baseline's file or weights are no longer what the unit was made from.
    """
    if isinstance(model, SpaceModel):
        space = get_space(model.space)
        name = model.architecture
        return space.build(name, shape), space.counts(name, shape)
    spec = load_baseline(model.baseline)
    if spec.digest != model.spec_sha256:
        raise InputError(f"baseline {model.baseline!r}: changed since the run was started")
    images = ImageShape(shape.resolution, shape.in_channels, shape.num_classes)
    network = build_baseline(spec, images, _weights(model, spec, locations))
    counted = count_baseline(spec, images)
    return network, Counts(counted.params, counted.macs)


def _weights(
    model: BaselineModel, spec: "BaselineSpec", locations: "DataLocations"
) -> "Path | bool":
    """Find the weights that the unit names; ``False`` for random ones."""
    if model.weights is None:
        return False
    is_file = model.weights.startswith("sha256:")
    folder = locations.pretrained if is_file else None
    pretrained: Path | bool = find_weights(spec, folder, offline=is_file or locations.offline)
    if weights_identity(spec, pretrained) != model.weights:
        raise InputError(
            f"baseline {model.baseline!r}: its pretrained weights are not those of the run "
            f"({model.weights})"
        )
    return pretrained
