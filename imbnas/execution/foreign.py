"""Which units run code that is not imbnas's own, and what that code may see."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from imbnas.data.registry import DATASETS, SAMPLERS
from imbnas.execution.store import Store
from imbnas.losses.registry import LOSSES
from imbnas.rankers.registry import RANKERS
from imbnas.registry import Registry
from imbnas.schemes.posthoc.registry import POSTHOC_STEPS
from imbnas.search.registry import SEARCHERS
from imbnas.spaces import SPACES
from imbnas.strategies import STRATEGIES
from imbnas.supernet import SUPERNETS
from imbnas.units.conditions import parse_condition
from imbnas.units.schemes import SchemeSpec
from imbnas.units.unit import (
    AdaptUnit,
    DataRef,
    RankUnit,
    SearchUnit,
    SpaceModel,
    SupernetUnit,
    TrainUnit,
    Unit,
)

Part = tuple[Registry[Any], str]


class ForeignCode:
    """Tells units with code of plug-ins, installed or given as files, from others.

    Nothing is imported for that: a name that imbnas itself does not have is somebody else's.

    Args:
        store: holds the adaptations that searches build on.
        plugin_datasets: gives the names of datasets that plug-in files register; it is asked only
            for names that could be image folders.
    """

    def __init__(self, store: Store, plugin_datasets: Callable[[], frozenset[str]]) -> None:
        self._store = store
        self._plugin_datasets = plugin_datasets

    def is_run_by(self, unit: Unit) -> bool:
        """Whether a unit runs code of a plug-in."""
        parts = (*_parts(unit), *self._adapted_by(unit))
        return not all(registry.is_built_in(name) for registry, name in parts) or (
            self.loads_data_of(unit)
        )

    def loads_data_of(self, unit: Unit) -> bool:
        """Whether a dataset of a unit is loaded by a plug-in."""
        names = {parse_condition(data.condition, data.protocol).dataset for data, _ in shown(unit)}
        return any(map(self._is_foreign_dataset, names))

    def _is_foreign_dataset(self, name: str) -> bool:
        if DATASETS.is_built_in(name):
            return False
        return name in DATASETS or name in self._plugin_datasets()

    def _adapted_by(self, unit: Unit) -> Iterator[Part]:
        """The strategy whose supernet is searched: it may make heads."""
        if isinstance(unit, SearchUnit):
            adapt = self._store.read_record("adapt", unit.adapted).unit
            if isinstance(adapt, AdaptUnit):
                yield STRATEGIES, adapt.strategy.name


def shown(unit: Unit) -> Iterable[tuple[DataRef, frozenset[str]]]:
    """The conditions of a unit, each with the images that its code may see, labels included.

    Only ``train`` units need test images, and whoever has the labels lets a network answer to them.
    """
    match unit:
        case TrainUnit():
            curve = {"validation"} if unit.recipe.validated_epochs else set[str]()
            yield unit.data, frozenset({"train"} | curve)
        case SupernetUnit():
            yield unit.data, frozenset({"train"})
        case AdaptUnit():
            yield unit.source, frozenset()
            yield unit.target, frozenset({"train"})
        case SearchUnit():
            yield unit.scored_on, frozenset({"train", "calibration", "scored"})
        case RankUnit():
            yield unit.data, frozenset({"train", "validation"})


def _parts(unit: Unit) -> Iterator[Part]:
    match unit:
        case TrainUnit():
            yield from _of_scheme(unit.scheme)
            if isinstance(unit.model, SpaceModel):
                yield SPACES, unit.model.space
            return
        case SupernetUnit():
            yield from _of_scheme(unit.scheme)
            yield SUPERNETS, unit.space
        case AdaptUnit():
            yield STRATEGIES, unit.strategy.name
            yield from _of_scheme(unit.scheme)
            yield SUPERNETS, unit.space
        case SearchUnit():
            yield SEARCHERS, unit.searcher.name
            yield SUPERNETS, unit.space
        case RankUnit():
            yield RANKERS, unit.ranker.name
            yield from _of_scheme(unit.scheme)
    yield SPACES, unit.space


def _of_scheme(scheme: SchemeSpec) -> Iterator[Part]:
    """The parts of a scheme that are code; its name is none once it is resolved."""
    yield LOSSES, scheme.loss
    yield SAMPLERS, scheme.sampler
    if scheme.posthoc is not None:
        yield POSTHOC_STEPS, scheme.posthoc
