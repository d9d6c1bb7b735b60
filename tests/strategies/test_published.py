import copy

import pytest
import torch

from imbnas.data.dataset import load_dataset
from imbnas.data.image_sets import select_images
from imbnas.data.locations import DataLocations
from imbnas.data.resolving import resolve
from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.strategies.adaptation import Adaptation
from imbnas.strategies.strategy import STRATEGIES
from imbnas.supernet.path_training import PathTrainer
from imbnas.supernet.topology import TopologySupernet
from imbnas.units.conditions import parse_condition
from imbnas.units.recipes import Recipe

SHAPE = NetworkShape(width=4, depth=1, resolution=8, in_channels=1)
State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def source() -> TopologySupernet:
    torch.manual_seed(1)
    return TopologySupernet(SHAPE)


@pytest.fixture
def adaptation(source: TopologySupernet) -> Adaptation:
    dataset = load_dataset("digits", DataLocations.from_options(offline=True))
    manifest = resolve(parse_condition("digits@10x"), dataset)
    images = select_images(dataset, manifest.train)

    def fresh() -> TopologySupernet:
        torch.manual_seed(2)
        return TopologySupernet(SHAPE)

    return Adaptation(
        supernet=copy.deepcopy(source),
        fresh_supernet=fresh,
        train_images=images,
        class_counts=manifest.class_counts,
        scheme=resolve_scheme("cb-drw"),
        recipe=Recipe(epochs=2, steps_per_epoch=2, batch_size=32, width=4, depth=1),
        trainer=PathTrainer(get_space("nats-tss"), SHAPE, images, manifest.class_counts, seed=7),
    )


def changed(before: torch.nn.Module, after: torch.nn.Module) -> set[str]:
    """First parts of the names of tensors that differ, statistics included."""
    old, new = before.state_dict(), after.state_dict()
    return {name.split(".")[0] for name in old if not torch.equal(old[name], new[name])}


def test_p0_trains_nothing(source: TopologySupernet, adaptation: Adaptation) -> None:
    adapted = STRATEGIES.get("p0")().adapt(adaptation)
    assert changed(source, adapted) == set()
    assert adaptation.trainer.spending.macs == 0


def test_p1_leaves_every_backbone_tensor_bit_unchanged(
    source: TopologySupernet, adaptation: Adaptation
) -> None:
    adapted = STRATEGIES.get("p1")().adapt(adaptation)
    assert changed(source, adapted) == {"classifier"}
    assert adaptation.trainer.spending.images_seen == 2 * 2 * 32


def test_p1_uses_the_weights_of_the_loss_from_the_start(
    adaptation: Adaptation, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []
    original = PathTrainer.train

    def spy(self, supernet, scheme, *rest, **options):
        given.append(scheme)
        return original(self, supernet, scheme, *rest, **options)

    monkeypatch.setattr(PathTrainer, "train", spy)
    STRATEGIES.get("p1")().adapt(adaptation)
    assert [scheme.deferred_from for scheme in given] == [None]
    assert given[0].loss == "cb-ce"


def test_p2_tunes_the_backbone(source: TopologySupernet, adaptation: Adaptation) -> None:
    adapted = STRATEGIES.get("p2")().adapt(adaptation)
    assert changed(source, adapted) == {"network", "classifier"}


def test_p3_starts_from_scratch(source: TopologySupernet, adaptation: Adaptation) -> None:
    adapted = STRATEGIES.get("p3")().adapt(adaptation)
    assert adapted is not adaptation.supernet
    assert changed(source, adaptation.supernet) == set()


def test_p1_is_cheaper_than_p3(adaptation: Adaptation) -> None:
    STRATEGIES.get("p1")().adapt(adaptation)
    cheap = adaptation.trainer.spending.macs
    STRATEGIES.get("p3")().adapt(adaptation)
    # A frozen backbone needs a third of the operations; paths differ, hence the margin.
    assert cheap < 0.5 * (adaptation.trainer.spending.macs - cheap)
