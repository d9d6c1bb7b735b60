"""Units with code of plug-ins, done apart by an executor that several tests share."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from imbnas.data.registry import DATASETS, SAMPLERS
from imbnas.execution.attempts import SingleAttempt
from imbnas.execution.executor import Executor
from imbnas.execution.runner import Runner
from imbnas.losses.registry import LOSSES
from imbnas.rankers.registry import RANKERS
from imbnas.registry import Plugin
from imbnas.runs.store.directory import RunDirectory
from imbnas.schemes import resolve_scheme
from imbnas.schemes.posthoc.registry import POSTHOC_STEPS
from imbnas.search.registry import SEARCHERS
from imbnas.spaces import SPACES
from imbnas.strategies import STRATEGIES
from imbnas.suites.expand import Expansion
from imbnas.supernet import SUPERNETS
from imbnas.units.records import Record
from imbnas.units.unit import (
    AdaptUnit,
    Component,
    RankUnit,
    SearchUnit,
    SupernetUnit,
    TrainUnit,
    Unit,
)

from ..factories import OFFLINE

REGISTRIES: tuple[Any, ...] = (
    DATASETS, LOSSES, POSTHOC_STEPS, RANKERS, SAMPLERS, SEARCHERS, SPACES, STRATEGIES, SUPERNETS,
)  # fmt: skip


@dataclass
class Apart:
    """An executor, and units to give to it.

    Attributes:
        directory: of results.
        expansion: gives units.
        plugins: in force now.
        attempt: in force now.
    """

    directory: RunDirectory
    expansion: Expansion
    plugins: list[Plugin] = field(default_factory=list)
    attempt: Callable[..., Any] = SingleAttempt

    def __post_init__(self) -> None:
        self.executor = Executor(
            self.directory,
            OFFLINE,
            attempt=lambda units: self.attempt(units),
            plugins=lambda: self.plugins,
        )
        self.here = Runner(self.directory, OFFLINE)
        self.supernet = next(u for u in self._units if isinstance(u, SupernetUnit))
        self.keep(self.here.execute(self.supernet))

    @property
    def _units(self) -> tuple[Unit, ...]:
        return self.expansion.plan().units

    def plug_in(self, text: str) -> None:
        """Take a text for the only plug-in."""
        self.plugins[:] = [Plugin(Path("/nowhere/mine.py"), text.encode())]

    def keep(self, record: Record) -> Record:
        self.directory.publish_record(record)
        return record

    def run(self, unit: Unit) -> Record:
        return self.keep(self.executor.execute(unit))

    @contextmanager
    def loaded(self) -> Iterator[Runner]:
        """Execute in this process, the plug-in's entries among the others."""
        modules = set(sys.modules)
        with ExitStack() as stack:
            for registry in REGISTRIES:
                stack.enter_context(registry.temporary())
            for plugin in self.plugins:
                plugin.load()
            yield self.here
        for name in set(sys.modules) - modules:
            if name.startswith("imbnas_plugin_"):
                del sys.modules[name]

    def adapt(self, strategy: str, **options: Any) -> AdaptUnit:
        found = next(u for u in self._units if isinstance(u, AdaptUnit) and u.strategy.name == "p1")
        assert found.supernet == self.supernet.identity
        return found.model_copy(update={"strategy": component(strategy, options)})

    def search(self, adapted: AdaptUnit, searcher: str, **options: Any) -> SearchUnit:
        found = next(
            u
            for u in self._units
            if isinstance(u, SearchUnit) and u.scored_on.condition.startswith("digits@10x")
        )
        update = {"adapted": adapted.identity, "searcher": component(searcher, options)}
        return found.model_copy(update=update)

    def rank(self, ranker: str, **options: Any) -> RankUnit:
        train = self.train()
        return RankUnit(
            replicate=0,
            space=self.supernet.space,
            version=self.supernet.version,
            recipe=train.recipe,
            ranker=component(ranker, options),
            architectures=tuple(m.architecture for m in self.expansion.resolved.population[:2]),
            data=train.data,
            scheme=resolve_scheme("ce"),
        )

    def train(self, **changes: Any) -> TrainUnit:
        found = next(
            u for u in self._units if isinstance(u, TrainUnit) and u.model.source == "space"
        )
        recipe = found.recipe.model_copy(update=changes.pop("recipe", {}))
        scheme = found.scheme.model_copy(update=changes.pop("scheme", {}))
        return found.model_copy(update={"recipe": recipe, "scheme": scheme, **changes})


def component(name: str, options: dict[str, Any]) -> Component:
    return Component(name=name, version="1", options=tuple(sorted(options.items())))


@pytest.fixture(scope="session")
def shared_apart(tmp_path_factory: pytest.TempPathFactory, expansion: Expansion) -> Iterator[Apart]:
    found = Apart(RunDirectory(tmp_path_factory.mktemp("apart")), expansion)
    with found.executor:
        yield found


@pytest.fixture
def apart(shared_apart: Apart) -> Iterator[Apart]:
    """Units that are done apart; the test says which plug-in there is."""
    yield shared_apart
    shared_apart.plugins.clear()
    shared_apart.attempt = SingleAttempt
