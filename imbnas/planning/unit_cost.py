"""What a unit will spend, told before it is done."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from imbnas.baselines import counts as count_baseline
from imbnas.baselines.registry import load_baseline
from imbnas.baselines.spec import ImageShape
from imbnas.planning.adaptation_cost import adaptation_spending, head_macs, mean_macs
from imbnas.rankers.ranker import Circumstances, ForeseesPasses
from imbnas.rankers.registry import build_ranker
from imbnas.search.registry import build_searcher
from imbnas.search.scoreboard import Scoreboard
from imbnas.spaces import get_space
from imbnas.spaces.network_shape import network_shape
from imbnas.strategies.head_per_arch import HeadForEach
from imbnas.strategies.registry import build_strategy
from imbnas.supernet.path_sampling import paths_per_step
from imbnas.training.counting import trained_images
from imbnas.units.unit import AdaptUnit, RankUnit, SearchUnit, SpaceModel, SupernetUnit, TrainUnit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imbnas.execution.data_pool import ConditionImages, DataPool
    from imbnas.spaces import NetworkShape
    from imbnas.units.unit import Model, Unit


@dataclass(frozen=True)
class Forecast:
    """What one unit will spend.

    Attributes:
        trained: images through forward and backward passes of a whole network.
        head: images through a frozen backbone and a trained classifier.
        evaluated: images through forward passes alone.
        macs: multiply-accumulates, counted as ``Cost.macs`` counts them.
        network_macs: of one image's forward pass; a mean where networks are drawn by chance.
        exact: whether ``macs`` is what will be recorded, and not its expectation.
        networks: how many are built.
    """

    trained: int
    head: int
    evaluated: int
    macs: int
    network_macs: float
    exact: bool = True
    networks: int = 1

    @property
    def images_seen(self) -> int:
        """What ``Cost.images_seen`` will be."""
        return self.trained + self.head + self.evaluated


@dataclass
class Forecaster:
    """Computes what units will spend from recipes, counts of architectures and data sizes.

    Attributes:
        shelf: tells sizes and shapes of data; no image is read.
    """

    shelf: "DataPool"
    _with_heads: dict[str, HeadForEach] = field(default_factory=dict)
    _macs: dict[tuple["Model", "NetworkShape"], int] = field(default_factory=dict)
    _searched: dict["_Search", tuple[int, int]] = field(default_factory=dict)
    _adapted: dict["_Adaptation", Forecast | None] = field(default_factory=dict)

    def acquaint(self, units: "Iterable[Unit]") -> None:
        """Tell which adaptations searches build on; some make a head for each candidate."""
        for unit in units:
            if isinstance(unit, AdaptUnit):
                strategy = build_strategy(unit.strategy.name, dict(unit.strategy.options))
                if isinstance(strategy, HeadForEach):
                    self._with_heads[unit.identity] = strategy

    def forecast(self, unit: "Unit") -> Forecast | None:
        """Tell what a unit will spend; ``None`` where nobody can know.

        Images and multiply-accumulates of ``train`` units are exact, and those of ``rank`` units
        as their ranker tells. Supernets draw paths and searches draw architectures: their images
        are exact, their multiply-accumulates expected ones. A strategy is asked, or run with a
        trainer that only counts; one that computes anything else, and does not tell, is not known.
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
            case _:
                return None

    def typical(self, unit: TrainUnit) -> TrainUnit:
        """The same training of an architecture whose cost is about the space's mean."""
        if not isinstance(unit.model, SpaceModel):
            raise TypeError("only architectures of a space have a typical one")
        near = _typical(unit.model.space, self._shape(self._images(unit), unit))
        return unit.model_copy(
            update={"model": unit.model.model_copy(update={"architecture": near})}
        )

    def _train(self, unit: TrainUnit) -> Forecast:
        images, recipe = self._images(unit), unit.recipe
        macs = self.network_macs(unit.model, self._shape(images, unit))
        size = images.manifest.total
        trained = trained_images(recipe, size)
        passes = (recipe.average_from is not None) + (unit.scheme.posthoc is not None)
        evaluated = passes * size + len(images.manifest.test.indices)
        return Forecast(trained, 0, evaluated, macs * (3 * trained + evaluated), macs)

    def _supernet(self, unit: SupernetUnit) -> Forecast:
        images, sampling = self._images(unit), unit.recipe.path_sampling
        each = mean_macs(unit.space, self._shape(images, unit), sampling)
        passes = paths_per_step(get_space(unit.space), sampling)
        trained = passes * trained_images(unit.recipe, images.manifest.total)
        return Forecast(trained, 0, 0, round(3 * each * trained), each, exact=False)

    def _adapt(self, unit: AdaptUnit) -> Forecast | None:
        source = self.shelf.images(unit.source, unit.recipe.resolution)
        target = self.shelf.images(unit.target, unit.recipe.resolution)
        before, after = (network_shape(i.dataset, unit.recipe) for i in (source, target))
        key = _Adaptation(
            unit.model_copy(
                update={"replicate": 0, "supernet": "", "source": None, "target": None}
            ).model_dump_json(warnings=False),
            (before, after),
            target.manifest.class_counts,
        )
        if key not in self._adapted:
            spent = adaptation_spending(unit, before, after, target.manifest.class_counts)
            self._adapted[key] = (
                None
                if spent is None
                else Forecast(
                    spent.trained,
                    spent.head,
                    spent.evaluated,
                    spent.macs,
                    mean_macs(unit.space, after),
                    exact=not spent.macs,
                )
            )
        return self._adapted[key]

    def _search(self, unit: SearchUnit) -> Forecast:
        images = self.shelf.images(unit.scored_on, unit.recipe.resolution)
        shape = network_shape(images.dataset, unit.recipe)
        key = _Search(unit.space, unit.searcher.model_dump_json(), shape)
        if key not in self._searched:
            self._searched[key] = _rehearse(unit, shape)
        networks, macs = self._searched[key]
        each = min(unit.calibration_images, images.manifest.total) + len(
            images.scoring(unit.validation_images).indices
        )
        of_heads: int | None = 0
        strategy = self._with_heads.get(unit.adapted)
        if strategy is not None:
            each += images.manifest.total
            of_heads = head_macs(strategy, unit.space, shape, images.manifest.class_counts)
        listed = bool(dict(unit.searcher.options).get("architectures"))
        return Forecast(
            trained=0,
            head=0,
            evaluated=networks * each,
            macs=macs * each + networks * (of_heads or 0),
            network_macs=macs / max(networks, 1),
            exact=listed and of_heads is not None,
        )

    def _rank(self, unit: RankUnit) -> Forecast | None:
        ranker = build_ranker(unit.ranker.name, dict(unit.ranker.options))
        if not isinstance(ranker, ForeseesPasses):
            return None
        images = self._images(unit)
        shape, manifest = self._shape(images, unit), images.manifest
        passes = ranker.expected_passes(
            Circumstances(
                train_images=manifest.total,
                validation_images=len(manifest.validation.indices),
                scheme=unit.scheme,
                recipe=unit.recipe,
            )
        )
        count = len(unit.architectures)
        macs = sum(self.network_macs(model, shape) for model in ranked_models(unit))
        return Forecast(
            trained=count * passes.backward,
            head=0,
            evaluated=count * passes.forward,
            macs=macs * (3 * passes.backward + passes.forward),
            network_macs=macs / count,
            networks=count,
        )

    def network_macs(self, model: "Model", shape: "NetworkShape") -> int:
        """Multiply-accumulates of one image's forward pass."""
        key = (model, shape)
        if key not in self._macs:
            if isinstance(model, SpaceModel):
                macs = get_space(model.space).counts(model.architecture, shape).macs
            else:
                macs = count_baseline(
                    load_baseline(model.baseline),
                    ImageShape(**shape.of_images()),
                ).macs
            self._macs[key] = macs
        return self._macs[key]

    def _images(self, unit: TrainUnit | SupernetUnit | RankUnit) -> "ConditionImages":
        return self.shelf.images(unit.data, unit.recipe.resolution)

    def _shape(
        self, images: "ConditionImages", unit: TrainUnit | SupernetUnit | RankUnit
    ) -> "NetworkShape":
        return network_shape(images.dataset, unit.recipe)


def ranked_models(unit: RankUnit) -> list[SpaceModel]:
    """The networks that a ranker scores."""
    return [
        SpaceModel(space=unit.space, version=unit.version, architecture=architecture)
        for architecture in unit.architectures
    ]


@lru_cache(maxsize=256)
def _typical(space_name: str, shape: "NetworkShape") -> str:
    """Of 200 architectures drawn with a fixed seed, the one whose MACs are nearest the mean."""
    space, mean, rng = get_space(space_name), mean_macs(space_name, shape), np.random.default_rng(0)
    drawn = [space.random(rng) for _ in range(200)]
    return min(drawn, key=lambda each: abs(space.counts(each, shape).macs - mean))


def _rehearse(unit: SearchUnit, shape: "NetworkShape") -> tuple[int, int]:
    """Search with scores drawn by chance; return how many networks and their MACs in all."""
    space, rng = get_space(unit.space), np.random.default_rng(0)
    board = Scoreboard(lambda _: float(rng.random()))
    searcher = build_searcher(unit.searcher.name, dict(unit.searcher.options))
    searcher.search(space, board, np.random.default_rng(0))
    return len(board.scores), sum(space.counts(a, shape).macs for a in board.scores)


@dataclass(frozen=True)
class _Search:
    """What decides which architectures a search visits, scores aside."""

    space: str
    searcher: str
    shape: "NetworkShape"


@dataclass(frozen=True)
class _Adaptation:
    """What decides the cost of an adaptation."""

    settings: str
    shapes: tuple["NetworkShape", ...]
    class_counts: tuple[int, ...]
