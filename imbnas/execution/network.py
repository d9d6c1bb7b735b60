"""Builds the network that a unit names."""

from pathlib import Path

from imbnas.baselines import counts as count_baseline
from imbnas.baselines.networks import build as build_baseline
from imbnas.baselines.pretrained import find_weights, weights_identity
from imbnas.baselines.registry import load_baseline
from imbnas.baselines.spec import BaselineSpec, ImageShape
from imbnas.data.locations import DataLocations
from imbnas.errors import InputError
from imbnas.spaces import Counts, NetworkShape, get_space
from imbnas.spaces.stems import check_stem
from imbnas.units.networks import ImageClassifier
from imbnas.units.unit import BaselineModel, Model, SpaceModel


def build_network(
    model: Model, shape: NetworkShape, locations: DataLocations
) -> tuple[ImageClassifier, Counts]:
    """Build a network and count it; initial weights come from torch's global generator.

    Args:
        model: an architecture or a baseline.
        shape: of the images and, for a space, of the network.
        locations: where pretrained weights lie.

    Raises:
        InputError: a baseline's file or weights are no longer what the unit was made from, or a
            space does not build the stem.
    """
    if isinstance(model, SpaceModel):
        space = get_space(model.space)
        check_stem(space, shape.stem, shape.resolution)
        name = model.architecture
        return space.build(name, shape), space.counts(name, shape)
    spec = load_baseline(model.baseline)
    if spec.digest != model.spec_sha256:
        raise InputError(f"baseline {model.baseline!r}: changed since the run was started")
    images = ImageShape(**shape.of_images())
    network = build_baseline(spec, images, _weights(model, spec, locations))
    counted = count_baseline(spec, images)
    return network, Counts(counted.params, counted.macs)


def _weights(model: BaselineModel, spec: BaselineSpec, locations: DataLocations) -> Path | bool:
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
