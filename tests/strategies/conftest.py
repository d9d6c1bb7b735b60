"""A tiny source supernet of 10 classes and a long-tailed target."""

import copy
from collections.abc import Callable

import pytest
import torch

from imbnas.data.image_sets import ImageSet, select_images
from imbnas.data.loading import load_dataset
from imbnas.data.locations import DataLocations
from imbnas.data.manifests import Manifest
from imbnas.data.resolving import resolve
from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.strategies.adaptation import Adaptation
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.topology import TopologySupernet
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Recipe

SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
RECIPE = Recipe(epochs=2, steps_per_epoch=2, batch_size=32, width=4, depth=1)


@pytest.fixture(scope="session")
def target() -> tuple[Manifest, ImageSet, ImageSet]:
    """Manifest, training and validation images of digits@10x."""
    dataset = load_dataset("digits", DataLocations.from_options(offline=True))
    manifest = resolve(parse_condition("digits@10x"), dataset)
    train, validation = (select_images(dataset, s) for s in (manifest.train, manifest.validation))
    return manifest, train, validation


@pytest.fixture(scope="session")
def source() -> TopologySupernet:
    torch.manual_seed(1)
    return TopologySupernet(SHAPE)


@pytest.fixture
def adaptation_with(
    source: TopologySupernet, target: tuple[Manifest, ImageSet, ImageSet]
) -> Callable[..., Adaptation]:
    """Make an adaptation with another recipe or scheme; each has its own copy of the source."""
    manifest, images, _ = target

    def fresh() -> TopologySupernet:
        torch.manual_seed(2)
        return TopologySupernet(SHAPE)

    def make(scheme: str = "cb-drw", **recipe: object) -> Adaptation:
        return Adaptation(
            supernet=copy.deepcopy(source),
            fresh_supernet=fresh,
            train_images=images,
            class_counts=manifest.class_counts,
            scheme=resolve_scheme(scheme),
            recipe=RECIPE.model_copy(update=recipe),
            trainer=PathTrainer(
                get_space("nats-tss"), SHAPE, images, manifest.class_counts, seed=7
            ),
        )

    return make


@pytest.fixture
def adaptation(adaptation_with: Callable[..., Adaptation]) -> Adaptation:
    return adaptation_with()


@pytest.fixture(scope="session")
def changed() -> Callable[[torch.nn.Module, torch.nn.Module], set[str]]:
    """First parts of the names of tensors that differ, statistics included."""

    def compare(before: torch.nn.Module, after: torch.nn.Module) -> set[str]:
        old, new = before.state_dict(), after.state_dict()
        assert set(old) == set(new)
        return {name.split(".")[0] for name in old if not torch.equal(old[name], new[name])}

    return compare
