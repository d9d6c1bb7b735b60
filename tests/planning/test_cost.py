"""What is planned is what is recorded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from imbnas.data.locations import DataLocations
from imbnas.execution.data_pool import DataPool
from imbnas.execution.runner import Runner
from imbnas.planning.adaptation_cost import mean_macs
from imbnas.planning.cost import UnitCosts
from imbnas.planning.short_data import ShortDataPool
from imbnas.planning.suite_images import SuiteImages
from imbnas.rankers.registry import RANKERS as RANKER_REGISTRY
from imbnas.runs.store.directory import RunDirectory
from imbnas.schemes import resolve_scheme
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.nats.topology_space import unique_representatives
from imbnas.strategies.registry import STRATEGIES
from imbnas.suites.expand import Expansion
from imbnas.suites.load import read_suite
from imbnas.suites.request import SuiteRequest
from imbnas.suites.resolve import resolve_suite
from imbnas.units.stem import Stem
from imbnas.units.unit import AdaptUnit, Component, RankUnit, TrainUnit

from ..factories import varied

LOCATIONS = DataLocations.from_options(offline=True)


@pytest.fixture(scope="module")
def costs() -> UnitCosts:
    return UnitCosts(DataPool(LOCATIONS, torch.device("cpu")))


def first(expansion: Expansion, kind: type) -> Any:
    return next(unit for unit in expansion.plan().units if isinstance(unit, kind))


def test_every_record_of_a_run_saw_the_images_that_were_planned(
    costs: UnitCosts, finished_run: Path
) -> None:
    records = list(RunDirectory(finished_run).records())
    kinds = set()
    for record in records:
        planned = costs.of(record.unit)
        assert planned is not None
        assert planned.images_seen == record.cost.images_seen, record.unit.label
        if planned.exact:
            kinds.add(record.unit.kind)
            assert planned.macs == record.cost.macs, record.unit.label
    assert kinds == {"train", "adapt", "search"}  # p0 and the scores of the population


def test_expected_macs_of_supernets_and_adaptations_are_near_the_recorded_ones(
    costs: UnitCosts, finished_run: Path
) -> None:
    # Eight steps of the tiny suite are few; their paths' costs still average out to a factor.
    for record in RunDirectory(finished_run).records():
        planned = costs.of(record.unit)
        assert planned is not None
        assert 0.5 < (planned.macs + 1) / (record.cost.macs + 1) < 2, record.unit.label


def test_the_mean_path_is_that_of_the_whole_space() -> None:
    space, shape = get_space("nats-tss"), NetworkShape(width=4, depth=1, resolution=8)
    exact = np.mean([space.counts(a, shape).macs for a in unique_representatives()])
    assert mean_macs(space.name, shape) == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize(
    ("changes", "scheme"),
    [
        ({"steps_per_epoch": None, "batch_size": 32}, "ce"),
        # The last batch has one image, which is left out.
        ({"steps_per_epoch": None, "batch_size": "all but one"}, "ce"),
        ({"average_from": 0.5}, "ce"),
        ({}, "ce-tau-norm"),
        ({"average_from": 0.0, "batch_size": 1}, "ce"),
        ({"stem": Stem(kernel=2, stride=2)}, "ce-tau-norm"),
        # After one epoch and after two of four.
        ({"epochs": 4, "curve_points": 3}, "ce-tau-norm"),
        ({"epochs": 4, "curve_points": 1, "best_epoch": True}, "ce"),
    ],
)
def test_trainings_of_any_recipe_are_planned_exactly(
    costs: UnitCosts,
    expansion: Expansion,
    tmp_path: Path,
    changes: dict[str, Any],
    scheme: str,
) -> None:
    unit = first(expansion, TrainUnit)
    if changes.get("batch_size") == "all but one":
        counts = expansion.resolved.conditions["digits@10x"].class_counts
        assert unit.data.condition.startswith("digits@10x")
        changes["batch_size"] = sum(counts) - 1
    changed = varied(unit, recipe={"epochs": 1} | changes, scheme=resolve_scheme(scheme))
    planned = costs.of(changed)
    assert planned is not None
    spent = Runner(RunDirectory(tmp_path), LOCATIONS).execute(changed).cost
    assert (planned.images_seen, planned.macs) == (spent.images_seen, spent.macs)


def test_built_in_strategies_are_known_and_others_where_they_only_train(
    costs: UnitCosts, expansion: Expansion
) -> None:
    class ByHand:
        scores_on = "target"
        recipe = "adaptation"

        def adapt(self, adaptation: Any) -> Any:
            for image in adaptation.train_images.pixels:
                adaptation.supernet(image)
            return adaptation.supernet

    class Twice:
        scores_on = "target"
        recipe = "adaptation"

        def adapt(self, adaptation: Any) -> Any:
            for frozen in (None, 1):
                adaptation.trainer.train(
                    adaptation.supernet, adaptation.scheme, adaptation.recipe, frozen
                )
            return adaptation.supernet

    unit = first(expansion, AdaptUnit)

    def planned(strategy: str) -> Any:
        component = Component(name=strategy, version="1")
        with STRATEGIES.temporary():
            STRATEGIES.register("by-hand", version="1", summary="for a test")(ByHand)
            STRATEGIES.register("twice", version="1", summary="for a test")(Twice)
            return costs.of(unit.model_copy(update={"strategy": component}))

    images = 2 * 2 * 32  # epochs, steps, batch of the tiny suite's adaptation
    mean = planned("p2").network_macs
    assert (planned("p0").images_seen, planned("p0").macs) == (0, 0)
    assert (planned("p1").trained, planned("p1").head) == (0, images)
    assert planned("p1").macs == pytest.approx(mean * images)
    assert (planned("p2").trained, planned("p2").head) == (images, 0)
    assert planned("p2").macs == pytest.approx(3 * mean * images)
    assert (planned("twice").trained, planned("twice").head) == (images + images // 2, images // 2)
    assert planned("by-hand") is None


RANKERS = (
    "'grad-norm', 'snip', 'synflow', 'naswot', 'short-training',"
    " { name = 'jacob-cov', options = { batch_size = 32 } }"
)


@pytest.fixture(scope="module")
def fair_run(
    tmp_path_factory: pytest.TempPathFactory, tiny_suite: Path
) -> tuple[Expansion, RunDirectory]:
    """Supernets sampled fairly, strategies that do more than train, and every ranker; done.

    Networks and supernets have another stem than the published one.
    """
    folder = tmp_path_factory.mktemp("fair")
    text = tiny_suite.read_text().replace("replicates = 2", "replicates = 1")
    text = text.replace(
        '["p0", "p1"]',
        '["p1", "p2", "p1-cached", "head-per-arch",'
        ' { name = "head-per-arch", options = { head = "means" } }]',
    )
    text = text.replace(
        "[parts.adaptation]",
        f"rankers = [{RANKERS}]\n\n[parts.adaptation]",
    )
    for name in ("supernet", "adaptation"):
        place = f"[fidelities.only.{name}]\n"
        text = text.replace(place, f'{place}path_sampling = "fair"\n')
    for name in ("network", "supernet", "adaptation"):
        place = f"[fidelities.only.{name}]\n"
        text = text.replace(place, f"{place}stem = {{ kernel = 2, stride = 2 }}\n")
    # A ranker that trains meets its extra passes here.
    text = text.replace(
        "[fidelities.only.network]\n", "[fidelities.only.network]\naverage_from = 0\n"
    )
    (folder / "fair.toml").write_text(text)
    suite = read_suite(folder / "fair.toml")
    expansion = Expansion(resolve_suite(SuiteRequest(suite, "only", LOCATIONS)))
    directory = RunDirectory(folder / "run")
    executor = Runner(directory, LOCATIONS)
    for unit in expansion.plan().units:
        if not isinstance(unit, TrainUnit):
            directory.publish_record(executor.execute(unit))
    return expansion, directory


def test_fair_paths_heads_caches_and_rankers_are_planned_as_they_are_recorded(
    costs: UnitCosts, fair_run: tuple[Expansion, RunDirectory]
) -> None:
    expansion, directory = fair_run
    costs = UnitCosts(costs.pool, expansion.plan().units)
    exact = set()
    for record in directory.records():
        planned = costs.of(record.unit)
        assert planned is not None, record.unit.label
        assert planned.images_seen == record.cost.images_seen, record.unit.label
        if planned.exact:
            exact.add(record.unit.kind)
            assert planned.macs == record.cost.macs, record.unit.label
        elif record.unit.kind == "search":  # five cells that nobody knows before
            assert 1 / 3 < planned.macs / record.cost.macs < 3, record.unit.label
        else:
            # Fair steps take every operation; the cache has 32 paths.
            assert planned.macs == pytest.approx(record.cost.macs, rel=0.15), record.unit.label
    assert exact == {"adapt", "search", "rank"}


def test_the_cost_of_a_ranker_without_expected_passes_is_unknown(
    costs: UnitCosts, fair_run: tuple[Expansion, RunDirectory]
) -> None:
    class Silent:
        def score(self, candidate: Any) -> Any:
            raise NotImplementedError

    unit = first(fair_run[0], RankUnit)
    component = Component(name="silent", version="1")
    with RANKER_REGISTRY.temporary():
        RANKER_REGISTRY.register("silent", version="1", summary="for a test")(Silent)
        assert costs.of(unit.model_copy(update={"ranker": component})) is None


def test_costs_by_what_a_suite_says_are_those_by_its_data(
    costs: UnitCosts, expansion: Expansion
) -> None:
    units = expansion.plan().units
    by_data, by_suite = (
        UnitCosts(costs.pool, units),
        UnitCosts(SuiteImages(expansion.resolved), units),
    )
    assert [by_suite.of(unit) for unit in units] == [by_data.of(unit) for unit in units]
    # Few images are as few.
    short = UnitCosts(ShortDataPool.of(costs.pool, 50), units)
    by_suite = UnitCosts(SuiteImages(expansion.resolved).shortened(50), units)
    assert [by_suite.of(unit) for unit in units] == [short.of(unit) for unit in units]
