"""The suite of the paper, resolved on images of one colour: units by part, never trained."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from imbnas.data.dataset import ArraySplit, Dataset
from imbnas.data.locations import DataLocations
from imbnas.leaderboards.tables.shared.controls import balanced_control
from imbnas.planning.adaptation_cost import adaptation_cost
from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape
from imbnas.suites import images
from imbnas.suites.expand import Expansion
from imbnas.suites.load import load_suite, read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.suites.schema import AdaptationPart, TransferPart
from imbnas.training.reweighting import reweighting
from imbnas.units.recipes import ChannelStatistics
from imbnas.units.unit import AdaptUnit, SearchUnit, TrainUnit

TRIALS = Path(__file__).parents[2] / "benchmark" / "fidelity"
LOCATIONS = DataLocations.from_options(offline=True)
LARGEST_SHOWN = 2
"""A class of n images can show a ratio of 2n at most."""


def split(num_classes: int, each: int) -> ArraySplit:
    labels = np.arange(num_classes * each) % num_classes
    images = np.zeros((len(labels), 1, 1, 3), np.uint8)
    return ArraySplit(labels=labels.astype(np.int64), images=images)


def cifar(name: str, locations: DataLocations) -> Dataset:
    classes, ratio = {"cifar10": (10, 800), "cifar100": (100, 400)}[name]
    return Dataset(
        name=name,
        class_names=tuple(f"class {label}" for label in range(classes)),
        train=split(classes, ratio // LARGEST_SHOWN),
        test=split(classes, 20),
        digest=("a" if classes == 10 else "b") * 64,
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
    )


@pytest.fixture(scope="module")
def expansions() -> dict[str, Expansion]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "load_dataset", cifar)
        suite = load_suite("lt-cifar")
        return {
            fidelity: Expansion(resolve_suite(SuiteRequest(suite, fidelity, LOCATIONS)))
            for fidelity in suite.fidelities
        }


# Per replicate: adaptations and retrainings = routes × strategies, searches twice as many.
UNITS = {
    "core": {"train": 135 * 4, "rank": 4 * 6},
    "core-adaptation": {"supernet": 1, "adapt": 13, "search": 26},
    "schemes": {"train": 135 * 5},
    "class-orders": {"train": 135 * 4},
    "transfer": {"train": 135 * 8},
    "adaptation": {"supernet": 2, "adapt": 8 * 8, "search": 2 * 8 * 8},
    "cost": {"supernet": 1, "adapt": 4, "search": 8},
    "freeze": {"supernet": 1, "adapt": 3 * 4, "search": 2 * 3 * 4},
    "supernet-loss": {"supernet": 1, "adapt": 3 * 2, "search": 2 * 3 * 2},
    "motivation": {"train": 24 * 6},
}


def test_the_published_grid_has_so_many_units_by_part(expansions: dict[str, Expansion]) -> None:
    paper = expansions["paper"]
    plans = {name: paper.plan([name]) for name in paper.resolved.suite.parts}
    assert {name: dict(Counter(u.kind for u in plan.units)) for name, plan in plans.items()} == {
        name: {kind: 3 * count for kind, count in counts.items()} for name, counts in UNITS.items()
    }
    for name, plan in plans.items():
        assert len(plan.retrainings) == 3 * UNITS[name].get("adapt", 0)
    identities = {name: {u.identity for u in plan.units} for name, plan in plans.items()}
    assert identities["cost"] < identities["adaptation"]
    shared = {
        name: identities[name] & identities["transfer"] for name in ("schemes", "class-orders")
    }
    assert {name: len(units) for name, units in shared.items()} == {
        "schemes": 3 * 135,  # cb-drw
        "class-orders": 3 * 135 * 2,  # the control, and the order of the labels
    }


def test_core_tells_imbalance_from_scheme_and_its_supernets_have_not_seen_the_target(
    expansions: dict[str, Expansion],
) -> None:
    suite = expansions["mini"].resolved.suite
    core, adaptation = suite.parts["core"], suite.parts["core-adaptation"]
    assert isinstance(core, TransferPart)
    assert isinstance(adaptation, AdaptationPart)
    long_tailed, control = "cifar10@100x:half-2", "cifar10@1x:like-100x:half-2"
    assert {(t.condition, t.scheme) for t in core.trainings} == {
        (condition, scheme) for condition in (long_tailed, control) for scheme in ("ce", "cb-drw")
    }
    assert balanced_control(adaptation.target, core.trainings) == core.targets[-1]
    assert adaptation.target in core.trainings
    assert not any(route.shared_images for _, route in suite.routes)
    assert "half-1" in adaptation.source.condition


def test_mini_spends_about_the_published_dose_on_reweighting(
    expansions: dict[str, Expansion],
) -> None:
    images = 12_406  # CIFAR-10 at 100x
    doses: dict[str, dict[str, float]] = {}
    for fidelity in ("paper", "mini"):
        settings = expansions[fidelity].resolved.settings
        for name, recipe in settings.recipes.items():
            switch = {"deferred_from_epoch": getattr(settings.reweight_from, name)}
            spent = reweighting(recipe, resolve_scheme("cb-drw", switch), images)
            assert spent is not None
            doses.setdefault(name, {})[fidelity] = spent.dose
    # Steps at the peak rate; the published ones are 20 epochs at a hundredth and so on.
    assert doses["network"]["paper"] == pytest.approx(97 * 20 * (0.01 + 0.0001))
    assert doses["supernet"]["paper"] == pytest.approx(97 * 100 * (0.01 + 0.0001))
    assert doses["adaptation"]["paper"] == pytest.approx(97 * 100 * 0.01)
    for name, dose in doses.items():
        assert 0.5 < dose["mini"] / dose["paper"] < 2, name


def test_the_published_recipe_reweights_and_validates_as_published(
    expansions: dict[str, Expansion],
) -> None:
    paper = expansions["paper"]
    units = paper.plan().units
    deferred = {
        (unit.kind, unit.recipe.epochs, unit.scheme.deferred_from_epoch, unit.scheme.deferred_from)
        for unit in units
        if isinstance(unit, TrainUnit | AdaptUnit) and unit.scheme.name == "cb-drw"
    }
    assert deferred == {
        ("train", 200, 160, None), ("adapt", 600, 400, None), ("adapt", 200, 100, None)
    }  # fmt: skip
    assert {u.data.protocol for u in units if isinstance(u, TrainUnit)} == {"paper"}
    assert paper.resolved.protocol == "paper"
    assert {u.validation_images for u in units if isinstance(u, SearchUnit)} == {None}
    of_darts = {u.recipe.width for u in units if isinstance(u, TrainUnit) and is_darts(u)}
    assert of_darts == {36}
    # One subset, the warm-up and the channel statistics of LDAM-DRW.
    assert {
        u.data.condition.partition(":subset-")[2] for u in units if isinstance(u, TrainUnit)
    } == {"0"}
    assert {u.recipe.best_epoch for u in units if isinstance(u, TrainUnit)} == {True}
    assert {u.recipe.warmup_by for u in units if isinstance(u, TrainUnit)} == {"epoch"}
    recipes = paper.resolved.settings.recipes.values()
    assert {recipe.channel_statistics for recipe in recipes} == {
        ChannelStatistics(mean=(0.4914, 0.4822, 0.4465), std=(0.2023, 0.1994, 0.2010))
    }


def test_the_mini_fidelity_keeps_the_strict_protocol_and_every_part(
    expansions: dict[str, Expansion],
) -> None:
    mini = expansions["mini"]
    units = mini.plan().units
    assert mini.resolved.protocol == "strict"
    assert {u.validation_images for u in units if isinstance(u, SearchUnit)} == {1500}
    assert len(mini.plan(["core"]).units) == 3 * (64 * 4 + 4 * 6)
    mini_epochs = {
        (unit.recipe.epochs, unit.scheme.deferred_from_epoch)
        for unit in units
        if isinstance(unit, AdaptUnit) and unit.scheme.name == "cb-drw"
    }
    assert mini_epochs == {(60, 44), (20, 12)}


def test_at_the_published_epochs_a_head_costs_a_fraction_of_a_supernet(
    expansions: dict[str, Expansion],
) -> None:
    """IMB-NAS measured 4.98 in seconds (figure 2); counted are multiply-accumulates."""
    paper = expansions["paper"]
    counts = tuple(int(500 * 100 ** (-rank / 99)) for rank in range(100))  # CIFAR-100 at 100x
    before, after = NetworkShape(16, 5, 32, 3, 10), NetworkShape(16, 5, 32, 3, 100)
    spent = {}
    for chain in paper.chains(paper.resolved.suite.parts["cost"]):  # type: ignore[arg-type]
        if chain.replicate == 0:
            found = adaptation_cost(chain.adapt, before, after, counts)
            assert found is not None
            spent[chain.strategy] = found.macs
    assert spent["p1"] <= spent["p3"] / 5
    assert spent["p1-cached"] <= spent["p3"] / 20
    assert spent["p1"] < spent["p2"] < spent["p3"]


def is_darts(unit: TrainUnit) -> bool:
    return unit.model.source == "space" and unit.model.space == "darts"


@pytest.fixture(scope="module")
def trials() -> dict[tuple[str, str], Expansion]:
    """Suites that try out what ``lt-cifar`` asks for, by name and fidelity."""
    supernets, smoke = (
        read_suite(TRIALS / f"lt-cifar-{name}.toml") for name in ("supernets", "small-smoke")
    )
    own = [("supernets", each) for each in supernets.fidelities.keys() - smoke.fidelities.keys()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "load_dataset", cifar)
        return {
            (name, fidelity): Expansion(resolve_suite(SuiteRequest(suite, fidelity, LOCATIONS)))
            for (name, fidelity), suite in (
                *((each, supernets) for each in own),
                (("small-smoke", "small"), smoke),
            )
        }


def test_supernets_are_tried_beside_the_trainings_of_mini(
    expansions: dict[str, Expansion], trials: dict[tuple[str, str], Expansion]
) -> None:
    plan = expansions["mini"].plan(["core", "core-adaptation"])
    known = {unit.identity for unit in plan.units}
    lengths = set()
    for (name, fidelity), expansion in trials.items():
        if name != "supernets":
            continue
        units = expansion.plan().units
        trained = {unit.identity for unit in units if isinstance(unit, TrainUnit)}
        assert len(trained) == 3 * 64 * 4
        assert trained < known
        supernet = expansion.resolved.settings.supernet
        assert supernet is not None
        lengths.add(supernet.epochs)
        if fidelity == "as-mini":
            assert {unit.identity for unit in units} < known
    assert lengths == {15, 30, 60, 120}


def test_the_smoke_run_of_small_has_its_networks_and_parts(
    expansions: dict[str, Expansion], trials: dict[tuple[str, str], Expansion]
) -> None:
    small, tried = expansions["small"].resolved, trials["small-smoke", "small"].resolved
    assert tried.suite.parts.keys() == small.suite.parts.keys()
    shape = ("resolution", "width", "depth", "stem", "augmentation", "batch_size", "average_from")
    assert tried.settings.recipes.keys() == small.settings.recipes.keys()
    for name, recipe in small.settings.recipes.items():
        for field in shape:
            assert getattr(tried.settings.recipes[name], field) == getattr(recipe, field)
    for name in ("core-adaptation", "adaptation"):
        one, other = (
            {getattr(choice, "name", choice) for choice in each.suite.parts[name].strategies}
            for each in (tried, small)
        )
        assert one == other
