"""The units of a plan that are timed for all others, shortened to a fraction of a second."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TypeVar

import numpy as np

from imbnas.execution.data_pool import DataPool
from imbnas.planning.adaptation_cost import mean_macs
from imbnas.planning.cost import UnitCost, UnitCosts, network_macs
from imbnas.planning.short_data import ShortDataPool
from imbnas.planning.suite_images import SuiteImages
from imbnas.runs.queue.stacks import stacks
from imbnas.spaces import get_space
from imbnas.supernet.path_sampling import paths_per_step
from imbnas.units.recipes import Recipe
from imbnas.units.unit import (
    AdaptUnit,
    BaselineModel,
    Component,
    DeviceType,
    RankUnit,
    SearchUnit,
    TrainUnit,
    Unit,
)

T = TypeVar("T")
Group = tuple[object, ...]
"""What units have in common that take as long as each other for the same work."""

_MACS: dict[DeviceType, float] = {"cpu": 1.5e9, "cuda": 5e11}
"""Multiply-accumulates of a shortened training, and of a pass of its test images."""

_EPOCHS = 4
_STEPS_PER_EPOCH = 4
_SMALLEST_BATCH = 8
_NETWORKS = 4
"""Trainings of a space's architectures that are timed; architectures that a unit scores."""


@dataclass(frozen=True)
class Trial:
    """A unit or a stack of them, shortened, to be timed for a group of units.

    Attributes:
        group: see ``Sample.group``.
        units: shortened.
        cost: of each of them; ``None`` where it is unknown.
        places: of the stack.
    """

    group: Group
    units: tuple[Unit, ...]
    cost: UnitCost | None
    places: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all its units; 0 where they are unknown."""
        return self.cost.macs * len(self.units) if self.cost else 0


@dataclass
class Sample:
    """Chooses and shortens units of a plan.

    Attributes:
        units: identity → unit, of the whole plan.
        costs: of whole units.
        device_type: where networks run.
        limit: images that the splits of shortened data keep, see ``ShortDataPool``; once chosen.
    """

    units: Mapping[str, Unit]
    costs: UnitCosts
    device_type: DeviceType
    limit: int = 0
    _short: dict[str, Unit] = field(default_factory=dict)
    _groups: dict[str, Group] = field(default_factory=dict)

    def group(self, unit: Unit) -> Group:
        """The group of a unit: its peers differ in data, scheme, replicate and architecture."""
        if unit.identity not in self._groups:
            self._groups[unit.identity] = self._group(unit)
        return self._groups[unit.identity]

    def _group(self, unit: Unit) -> Group:
        shape = replace(self.costs.shape(unit), num_classes=1)
        match unit:
            case TrainUnit():
                model = unit.model
                what = model.label if isinstance(model, BaselineModel) else model.space
                return unit.kind, what, unit.stack, unit.recipe, shape
            case AdaptUnit():
                maker = unit.strategy.label
            case RankUnit():
                maker = unit.ranker.label
            case SearchUnit():
                maker = self.costs.head_maker(unit)
            case _:
                maker = ""
        return unit.kind, unit.space, maker, unit.recipe, shape

    def trials(self, left: Iterable[tuple[Unit, float]]) -> list[Trial]:
        """What is timed for the units that are left, each behind those that it builds on.

        One of each group comes before further ones, and groups with more work come first.

        Args:
            left: units, and the multiply-accumulates of each.
        """
        chosen = self._chosen(left)
        sizes = [self._network_macs(unit) for unit in chosen]
        self.limit = int(_MACS[self.device_type] / np.median(sizes))
        stacked = stacks(unit for unit in self.units.values() if isinstance(unit, TrainUnit))
        members = (stacked.get(unit.identity, (unit,)) for unit in chosen)
        short = [tuple(map(self._shorten, stack)) for stack in members]
        costs = UnitCosts(_shortened(self.costs.pool, self.limit), [stack[0] for stack in short])
        return [
            Trial(self.group(unit), stack, costs.of(stack[0]), getattr(unit, "stack", 1))
            for unit, stack in zip(chosen, short, strict=True)
        ]

    def _chosen(self, left: Iterable[tuple[Unit, float]]) -> list[Unit]:
        groups: dict[Group, dict[object, Unit]] = {}
        work: defaultdict[Group, float] = defaultdict(float)
        for unit, macs in left:
            alike, group = unit.model if isinstance(unit, TrainUnit) else None, self.group(unit)
            groups.setdefault(group, {}).setdefault(alike, unit)
            work[group] += macs
        spread = [
            _spread(sorted(groups[group].values(), key=self._network_macs))
            for group in sorted(work, key=work.__getitem__, reverse=True)
        ]
        chosen: dict[str, Unit] = {}
        for unit in (each for alike in zip_longest(*spread) for each in alike if each):
            chosen |= {each.identity: each for each in (*self._ancestors(unit), unit)}
        return list(chosen.values())

    def _network_macs(self, unit: Unit) -> float:
        shape = self.costs.shape(unit)
        if isinstance(unit, TrainUnit):
            return network_macs(unit.model, shape)
        return mean_macs(unit.space, shape)

    def _ancestors(self, unit: Unit) -> list[Unit]:
        """What a unit builds on, directly or not, the first first."""
        parents = [self.units[identity] for identity in unit.requires]
        return [each for parent in parents for each in (*self._ancestors(parent), parent)]

    def _shorten(self, unit: Unit) -> Unit:
        if unit.identity not in self._short:
            self._short[unit.identity] = unit.model_copy(update=self._changes(unit))
        return self._short[unit.identity]

    def _changes(self, unit: Unit) -> dict[str, object]:
        if isinstance(unit, SearchUnit):
            space, rng = get_space(unit.space), np.random.default_rng(0)
            few = self._few(unit, [space.random(rng) for _ in range(100)])
            searcher = Component(name="exhaustive", version="1", options=(("architectures", few),))
            return {"adapted": self._short[unit.adapted].identity, "searcher": searcher}
        changes: dict[str, object] = {"recipe": self._recipe(unit)}
        if isinstance(unit, TrainUnit):
            # Compiling would take minutes, and a graph pays after more steps than these.
            changes |= {"compiled": False, "cuda_graphs": False}
        elif isinstance(unit, AdaptUnit):
            changes["supernet"] = self._short[unit.supernet].identity
        elif isinstance(unit, RankUnit):
            changes["architectures"] = self._few(unit, unit.architectures)
        return changes

    def _recipe(self, unit: Unit) -> Recipe:
        """A few steps of a recipe, in epochs enough for a strategy to freeze the backbone."""
        recipe, macs = unit.recipe, 3 * self._network_macs(unit)
        if isinstance(unit, TrainUnit):
            macs *= unit.stack
        else:
            macs *= paths_per_step(get_space(unit.space), recipe.path_sampling)
        epochs = min(recipe.epochs, _EPOCHS)
        images = int(_MACS[self.device_type] / macs)
        batch = min(recipe.batch_size, max(images, _SMALLEST_BATCH))
        affordable = images // (batch * epochs)
        steps = min(recipe.steps_per_epoch or _STEPS_PER_EPOCH, _STEPS_PER_EPOCH, affordable)
        return recipe.unvalidated.model_copy(
            update={
                "epochs": epochs,
                "batch_size": batch,
                "steps_per_epoch": max(steps, 1),
                # Untrained networks at full rate may diverge, and a loss that is not finite stops.
                "lr": recipe.lr * 1e-3,
            }
        )

    def _few(self, unit: SearchUnit | RankUnit, architectures: Sequence[str]) -> tuple[str, ...]:
        shape = self.costs.shape(unit)
        counts = get_space(unit.space).counts
        return tuple(_spread(sorted(architectures, key=lambda each: counts(each, shape).macs)))


def _shortened(images: DataPool | SuiteImages, limit: int) -> DataPool | SuiteImages:
    if isinstance(images, SuiteImages):
        return images.shortened(limit)
    return ShortDataPool.of(images, limit)


def _spread(ordered: Sequence[T]) -> list[T]:
    """The middle of each of a few equal parts; all where there are few."""
    count = min(_NETWORKS, len(ordered))
    return [ordered[int((i + 0.5) * len(ordered) / count)] for i in range(count)]
