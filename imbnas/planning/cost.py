"""Costs of units before they are done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from imbnas.baselines import ImageShape
from imbnas.baselines import counts as count_baseline
from imbnas.baselines.registry import load_baseline
from imbnas.execution.data_pool import ConditionImages, DataPool
from imbnas.planning.adaptation_cost import AdaptationCost, adaptation_cost, head_macs, mean_macs
from imbnas.planning.suite_images import KnownImages, SuiteImages
from imbnas.rankers.ranker import HasExpectedPasses, RankingSetting
from imbnas.rankers.registry import build_ranker
from imbnas.search import Scoreboard, build_searcher
from imbnas.spaces import NetworkShape, get_space
from imbnas.spaces.network_shape import network_shape
from imbnas.strategies import HeadForEach, build_strategy
from imbnas.supernet.path_sampling import paths_per_step
from imbnas.training.counting import finishing_passes, trained_images, validated_images
from imbnas.units.unit import (
    AdaptUnit,
    BaselineModel,
    Component,
    Model,
    RankUnit,
    SearchUnit,
    SpaceModel,
    SupernetUnit,
    TrainUnit,
    Unit,
)


@dataclass(frozen=True)
class UnitCost:
    """What one unit costs.

    Attributes:
        trained: images through forward and backward passes of a whole network.
        head: images through a frozen backbone and a trained classifier.
        evaluated: images through forward passes alone.
        macs: multiply-accumulates, counted as ``Cost.macs`` counts them.
        network_macs: of one image's forward pass; a mean where a unit computes several networks.
        exact: whether ``macs`` is what will be recorded, and not its expectation.
    """

    trained: int
    head: int
    evaluated: int
    macs: int
    network_macs: float
    exact: bool = True

    @property
    def images_seen(self) -> int:
        """What ``Cost.images_seen`` will be."""
        return self.trained + self.head + self.evaluated

    @property
    def passes(self) -> float:
        """The work in forward passes of one image; a training step takes three per image."""
        return self.macs / max(self.network_macs, 1.0)


@dataclass
class UnitCosts:
    """Computes what units cost from recipes, counts of architectures and data sizes.

    Attributes:
        pool: knows sizes and shapes of the data; no image is read.
        units: among them the adaptations that searches build on; some make a head for each
            candidate.
        counted: multiply-accumulates of baselines by label, where they need not be counted.
    """

    pool: DataPool | SuiteImages
    units: Iterable[Unit] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    _heads: dict[str, tuple[str, HeadForEach]] = field(default_factory=dict)
    _adapted: dict[tuple[object, ...], AdaptationCost | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for unit in self.units:
            if isinstance(unit, AdaptUnit):
                strategy = build_strategy(unit.strategy.name, dict(unit.strategy.options))
                if isinstance(strategy, HeadForEach):
                    self._heads[unit.identity] = unit.strategy.label, strategy

    def of(self, unit: Unit) -> UnitCost | None:
        """The cost of a unit; ``None`` where it is unknown.

        Images and multiply-accumulates of ``train`` units are exact, and those of ``rank`` units
        as their ranker says. Supernets and searches draw architectures: their images are exact,
        their multiply-accumulates expected ones. For strategies see ``adaptation_cost``.
        """
        match unit:
            case TrainUnit():
                return self._train(unit)
            case SupernetUnit():
                return self._supernet(unit)
            case AdaptUnit():
                return self._adapt(unit)
            case SearchUnit():
                return self._search(unit)
            case RankUnit():
                return self._rank(unit)

    def shape(self, unit: Unit) -> NetworkShape:
        """Shape of a unit's networks."""
        return network_shape(self._images(unit).dataset, unit.recipe)

    def head_maker(self, unit: SearchUnit) -> str:
        """Label of the strategy that makes a head for each candidate of a search, or nothing."""
        return self._heads[unit.adapted][0] if unit.adapted in self._heads else ""

    def of_any_architecture(self, unit: TrainUnit) -> UnitCost:
        """The expected cost of a training whose architecture is drawn from a space."""
        if not isinstance(unit.model, SpaceModel):
            raise TypeError("a baseline is no architecture of a space")
        cost, mean = self._train(unit), mean_macs(unit.model.space, self.shape(unit))
        return replace(cost, macs=round(cost.passes * mean), network_macs=mean, exact=False)

    def _train(self, unit: TrainUnit) -> UnitCost:
        manifest = self._images(unit).manifest
        model = unit.model
        counted = self.counted.get(model.label) if isinstance(model, BaselineModel) else None
        macs = counted or network_macs(model, self.shape(unit))
        trained = trained_images(unit.recipe, manifest.total)
        finishing = finishing_passes(unit.recipe, unit.scheme) * manifest.total
        curve = validated_images(unit.recipe, len(manifest.validation.indices))
        evaluated = finishing + curve + len(manifest.test.indices)
        return UnitCost(trained, 0, evaluated, macs * (3 * trained + evaluated), macs)

    def _supernet(self, unit: SupernetUnit) -> UnitCost:
        sampling = unit.recipe.path_sampling
        each = mean_macs(unit.space, self.shape(unit), sampling)
        passes = paths_per_step(get_space(unit.space), sampling)
        trained = passes * trained_images(unit.recipe, self._images(unit).manifest.total)
        return UnitCost(trained, 0, 0, round(3 * each * trained), each, exact=False)

    def _adapt(self, unit: AdaptUnit) -> UnitCost | None:
        source = self.pool.images(unit.source, unit.recipe.resolution)
        before, after = network_shape(source.dataset, unit.recipe), self.shape(unit)
        counts = self._images(unit).manifest.class_counts
        settings = unit.model_dump_json(exclude={"replicate", "supernet", "source", "target"})
        key = (settings, before, after, counts)
        if key not in self._adapted:
            self._adapted[key] = adaptation_cost(unit, before, after, counts)
        cost = self._adapted[key]
        if cost is None:
            return None
        mean = mean_macs(unit.space, after)
        return UnitCost(**vars(cost), network_macs=mean, exact=not cost.macs)

    def _search(self, unit: SearchUnit) -> UnitCost:
        images, shape = self._images(unit), self.shape(unit)
        networks, macs = _random_search(unit.space, unit.searcher.model_dump_json(), shape)
        each = min(unit.calibration_images, images.manifest.total) + len(
            images.scoring(unit.validation_images).indices
        )
        of_heads: int | None = 0
        if unit.adapted in self._heads:
            _, strategy = self._heads[unit.adapted]
            each += images.manifest.total
            of_heads = head_macs(strategy, unit.space, shape, images.manifest.class_counts)
        listed = bool(dict(unit.searcher.options).get("architectures"))
        return UnitCost(
            trained=0,
            head=0,
            evaluated=networks * each,
            macs=macs * each + networks * (of_heads or 0),
            network_macs=macs / max(networks, 1),
            exact=listed and of_heads is not None,
        )

    def _rank(self, unit: RankUnit) -> UnitCost | None:
        ranker = build_ranker(unit.ranker.name, dict(unit.ranker.options))
        if not isinstance(ranker, HasExpectedPasses):
            return None
        manifest, count = self._images(unit).manifest, len(unit.architectures)
        passes = ranker.expected_passes(
            RankingSetting(
                train_images=manifest.total,
                validation_images=len(manifest.validation.indices),
                scheme=unit.scheme,
                recipe=unit.recipe,
            )
        )
        counts, shape = get_space(unit.space).counts, self.shape(unit)
        macs = sum(counts(architecture, shape).macs for architecture in unit.architectures)
        return UnitCost(
            trained=count * passes.backward,
            head=0,
            evaluated=count * passes.forward,
            macs=macs * (3 * passes.backward + passes.forward),
            network_macs=macs / count,
        )

    def _images(self, unit: Unit) -> ConditionImages | KnownImages:
        """The condition that a unit's networks see last."""
        match unit:
            case AdaptUnit():
                data = unit.target
            case SearchUnit():
                data = unit.scored_on
            case _:
                data = unit.data
        return self.pool.images(data, unit.recipe.resolution)


@lru_cache(maxsize=256)
def _random_search(space_name: str, searcher: str, shape: NetworkShape) -> tuple[int, int]:
    """Search with random scores; return how many networks and their MACs in all.

    Args:
        space_name: registry name.
        searcher: JSON of a ``Component``.
        shape: of the networks.
    """
    component, space = Component.model_validate_json(searcher), get_space(space_name)
    rng = np.random.default_rng(0)
    board = Scoreboard(lambda _: float(rng.random()))
    options = dict(component.options)
    build_searcher(component.name, options).search(space, board, np.random.default_rng(0))
    return len(board.scores), sum(space.counts(a, shape).macs for a in board.scores)


@lru_cache(maxsize=4096)
def network_macs(model: Model, shape: NetworkShape) -> int:
    """Multiply-accumulates of one image's forward pass."""
    if isinstance(model, SpaceModel):
        return get_space(model.space).counts(model.architecture, shape).macs
    counted: int = count_baseline(
        load_baseline(model.baseline),
        ImageShape(shape.resolution, shape.in_channels, shape.num_classes),
    ).macs
    return counted
